import { z } from 'zod';
import type { ControllerPublishVolumeRequest } from '../generated/csi.ts';
import { map, nodeId, objectId, secrets } from './fields.ts';
import { message } from './rule.ts';
import { volumeCapability } from './volume-capability.ts';

export const controllerPublishVolumeRequest = message<ControllerPublishVolumeRequest>({
  volumeId: objectId,
  nodeId,
  volumeCapability,
  readonly: z.boolean(),
  secrets,
  volumeContext: map,
});
