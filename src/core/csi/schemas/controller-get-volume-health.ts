import type { ControllerGetVolumeHealthRequest } from '../generated/csi.ts';
import { objectId, secrets } from './fields.ts';
import { message } from './rule.ts';

export const controllerGetVolumeHealthRequest = message<ControllerGetVolumeHealthRequest>({
  volumeId: objectId,
  secrets,
});
