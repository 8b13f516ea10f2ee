import type {
  DeleteVolumeGroupSnapshotRequest,
  DeleteVolumeGroupSnapshotResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { asSnapshotId } from '../controller/lookup.ts';
import type { GroupControllerDeps } from './group-controller-deps.ts';
import { requireMembers } from './group-snapshot-message.ts';

/** DeleteVolumeGroupSnapshot: the group with all its members; one that is not there is deleted. */
export const deleteGroupSnapshot =
  ({
    backend,
  }: GroupControllerDeps): Handler<DeleteVolumeGroupSnapshotRequest, DeleteVolumeGroupSnapshotResponse> =>
  async ({ groupSnapshotId, snapshotIds }, context) => {
    const id = asSnapshotId(groupSnapshotId);
    const group = id && (await backend.getGroupSnapshot(id, context));
    if (!group) return {};
    requireMembers(group, snapshotIds);
    await backend.deleteSnapshot(group.id, context);
    return {};
  };
