import type { NodeUnstageVolumeRequest } from '../generated/csi.ts';
import { objectId, path } from './fields.ts';
import { message } from './rule.ts';

export const nodeUnstageVolumeRequest = message<NodeUnstageVolumeRequest>({
  volumeId: objectId,
  stagingTargetPath: path,
});
