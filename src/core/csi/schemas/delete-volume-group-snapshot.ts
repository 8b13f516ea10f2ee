import type { DeleteVolumeGroupSnapshotRequest } from '../generated/csi.ts';
import { objectId, optionalObjectIds, secrets } from './fields.ts';
import { message } from './rule.ts';

export const deleteVolumeGroupSnapshotRequest = message<DeleteVolumeGroupSnapshotRequest>({
  groupSnapshotId: objectId,
  snapshotIds: optionalObjectIds,
  secrets,
});
