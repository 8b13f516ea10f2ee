import type { NodeGetVolumeHealthRequest } from '../generated/csi.ts';
import { objectId, optionalLookupPath, optionalPath } from './fields.ts';
import { message } from './rule.ts';

export const nodeGetVolumeHealthRequest = message<NodeGetVolumeHealthRequest>({
  volumeId: objectId,
  volumePublishPath: optionalLookupPath,
  stagingTargetPath: optionalPath,
});
