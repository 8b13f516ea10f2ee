import type { ControllerGetVolumeRequest } from '../generated/csi.ts';
import { objectId } from './fields.ts';
import { message } from './rule.ts';

export const controllerGetVolumeRequest = message<ControllerGetVolumeRequest>({
  volumeId: objectId,
});
