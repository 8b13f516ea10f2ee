import type { NodeExpandVolumeRequest } from '../generated/csi.ts';
import { optionalCapacityRange } from './capacity-range.ts';
import { lookupPath, objectId, optionalPath, secrets } from './fields.ts';
import { message } from './rule.ts';
import { optionalVolumeCapability } from './volume-capability.ts';

export const nodeExpandVolumeRequest = message<NodeExpandVolumeRequest>({
  volumeId: objectId,
  volumePath: lookupPath,
  capacityRange: optionalCapacityRange,
  stagingTargetPath: optionalPath,
  volumeCapability: optionalVolumeCapability,
  secrets,
});
