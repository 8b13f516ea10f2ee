import type { DeleteVolumeRequest } from '../generated/csi.ts';
import { objectId, secrets } from './fields.ts';
import { message } from './rule.ts';

export const deleteVolumeRequest = message<DeleteVolumeRequest>({
  volumeId: objectId,
  secrets,
});
