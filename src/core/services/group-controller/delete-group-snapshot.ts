import type {
  DeleteVolumeGroupSnapshotRequest,
  DeleteVolumeGroupSnapshotResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { asSnapshotId } from '../controller/lookup.ts';
import type { GroupControllerDeps } from './group-controller-deps.ts';
import { requireMembers } from './group-snapshot-message.ts';

/**
 * DeleteVolumeGroupSnapshot: the group with all its members; one that is not there is deleted. Asked for nonetheless:
 * members may be left of a group that was half taken or half deleted, which the backend does not show as a group.
 */
export const deleteGroupSnapshot =
  ({
    fleet,
  }: GroupControllerDeps): Handler<DeleteVolumeGroupSnapshotRequest, DeleteVolumeGroupSnapshotResponse> =>
  async ({ groupSnapshotId, snapshotIds }, context) => {
    const id = asSnapshotId(groupSnapshotId);
    if (!id) return {};
    const backend = fleet.of(id);
    const group = await backend.getGroupSnapshot(id, context);
    if (group) requireMembers(group, snapshotIds);
    // A snapshot's id names no group: the backend, which has one call for both, would delete the snapshot.
    else if (await backend.getSnapshot(id, context)) return {};
    await backend.deleteSnapshot(id, context);
    return {};
  };
