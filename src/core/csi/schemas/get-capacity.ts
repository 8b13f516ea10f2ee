import type { GetCapacityRequest } from '../generated/csi.ts';
import { map } from './fields.ts';
import { message } from './rule.ts';
import { optionalTopology } from './topology.ts';
import { optionalVolumeCapabilities } from './volume-capability.ts';

export const getCapacityRequest = message<GetCapacityRequest>({
  volumeCapabilities: optionalVolumeCapabilities,
  parameters: map,
  accessibleTopology: optionalTopology,
});
