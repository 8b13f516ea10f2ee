import type { ControllerModifyVolumeRequest } from '../generated/csi.ts';
import { map, objectId, secrets } from './fields.ts';
import { message } from './rule.ts';

export const controllerModifyVolumeRequest = message<ControllerModifyVolumeRequest>({
  volumeId: objectId,
  secrets,
  mutableParameters: map,
});
