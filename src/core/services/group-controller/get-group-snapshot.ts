import type {
  GetVolumeGroupSnapshotRequest,
  GetVolumeGroupSnapshotResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { BackendError } from '../../storage/backend-error.ts';
import { asSnapshotId } from '../controller/lookup.ts';
import type { GroupControllerDeps } from './group-controller-deps.ts';
import { groupSnapshotMessage, requireMembers } from './group-snapshot-message.ts';

export const getGroupSnapshot =
  ({
    fleet,
    driverName,
  }: GroupControllerDeps): Handler<GetVolumeGroupSnapshotRequest, GetVolumeGroupSnapshotResponse> =>
  async ({ groupSnapshotId, snapshotIds }, context) => {
    const id = asSnapshotId(groupSnapshotId);
    const group = id && (await fleet.of(id).getGroupSnapshot(id, context));
    if (!group) {
      throw new BackendError('not-found', `group snapshot ${JSON.stringify(groupSnapshotId)} does not exist`);
    }
    requireMembers(group, snapshotIds);
    return { groupSnapshot: groupSnapshotMessage(group, driverName) };
  };
