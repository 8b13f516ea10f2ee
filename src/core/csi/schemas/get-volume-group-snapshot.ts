import type { GetVolumeGroupSnapshotRequest } from '../generated/csi.ts';
import { objectId, optionalObjectIds, secrets } from './fields.ts';
import { message } from './rule.ts';

export const getVolumeGroupSnapshotRequest = message<GetVolumeGroupSnapshotRequest>({
  groupSnapshotId: objectId,
  snapshotIds: optionalObjectIds,
  secrets,
});
