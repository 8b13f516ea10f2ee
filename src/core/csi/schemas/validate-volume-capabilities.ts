import type { ValidateVolumeCapabilitiesRequest } from '../generated/csi.ts';
import { map, objectId, secrets } from './fields.ts';
import { message } from './rule.ts';
import { volumeCapabilities } from './volume-capability.ts';

export const validateVolumeCapabilitiesRequest = message<ValidateVolumeCapabilitiesRequest>({
  volumeId: objectId,
  volumeContext: map,
  volumeCapabilities,
  parameters: map,
  secrets,
  mutableParameters: map,
});
