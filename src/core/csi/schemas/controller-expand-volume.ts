import type { ControllerExpandVolumeRequest } from '../generated/csi.ts';
import { optionalCapacityRange } from './capacity-range.ts';
import { objectId, secrets } from './fields.ts';
import { message } from './rule.ts';
import { optionalVolumeCapability } from './volume-capability.ts';

export const controllerExpandVolumeRequest = message<ControllerExpandVolumeRequest>({
  volumeId: objectId,
  capacityRange: optionalCapacityRange,
  secrets,
  volumeCapability: optionalVolumeCapability,
});
