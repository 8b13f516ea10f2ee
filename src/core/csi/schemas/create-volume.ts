import type { CreateVolumeRequest } from '../generated/csi.ts';
import { optionalCapacityRange } from './capacity-range.ts';
import { optionalContentSource } from './content-source.ts';
import { map, name, secrets } from './fields.ts';
import { message } from './rule.ts';
import { optionalTopologyRequirement } from './topology.ts';
import { volumeCapabilities } from './volume-capability.ts';

export const createVolumeRequest = message<CreateVolumeRequest>({
  name,
  capacityRange: optionalCapacityRange,
  volumeCapabilities,
  parameters: map,
  secrets,
  volumeContentSource: optionalContentSource,
  accessibilityRequirements: optionalTopologyRequirement,
  mutableParameters: map,
});
