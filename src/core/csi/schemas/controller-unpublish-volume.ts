import type { ControllerUnpublishVolumeRequest } from '../generated/csi.ts';
import { nodeIdOrAll, objectId, secrets } from './fields.ts';
import { message } from './rule.ts';

export const controllerUnpublishVolumeRequest = message<ControllerUnpublishVolumeRequest>({
  volumeId: objectId,
  nodeId: nodeIdOrAll,
  secrets,
});
