import type { NodeGetVolumeStatsRequest } from '../generated/csi.ts';
import { lookupPath, objectId, optionalPath } from './fields.ts';
import { message } from './rule.ts';

export const nodeGetVolumeStatsRequest = message<NodeGetVolumeStatsRequest>({
  volumeId: objectId,
  volumePath: lookupPath,
  stagingTargetPath: optionalPath,
});
