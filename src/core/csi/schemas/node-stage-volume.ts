import type { NodeStageVolumeRequest } from '../generated/csi.ts';
import { map, objectId, path, secrets } from './fields.ts';
import { message } from './rule.ts';
import { volumeCapability } from './volume-capability.ts';

export const nodeStageVolumeRequest = message<NodeStageVolumeRequest>({
  volumeId: objectId,
  publishContext: map,
  stagingTargetPath: path,
  volumeCapability,
  secrets,
  volumeContext: map,
});
