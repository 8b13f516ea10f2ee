import { z } from 'zod';
import type { NodePublishVolumeRequest } from '../generated/csi.ts';
import { map, objectId, path, secrets } from './fields.ts';
import { message } from './rule.ts';
import { volumeCapability } from './volume-capability.ts';

export const nodePublishVolumeRequest = message<NodePublishVolumeRequest>({
  volumeId: objectId,
  publishContext: map,
  stagingTargetPath: path,
  targetPath: path,
  volumeCapability,
  readonly: z.boolean(),
  secrets,
  volumeContext: map,
});
