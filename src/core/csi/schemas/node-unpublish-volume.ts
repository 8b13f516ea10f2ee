import type { NodeUnpublishVolumeRequest } from '../generated/csi.ts';
import { objectId, path } from './fields.ts';
import { message } from './rule.ts';

export const nodeUnpublishVolumeRequest = message<NodeUnpublishVolumeRequest>({
  volumeId: objectId,
  targetPath: path,
});
