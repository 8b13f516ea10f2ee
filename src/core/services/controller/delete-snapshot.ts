import { invalidArgument } from '../../csi/csi-error.ts';
import type { DeleteSnapshotRequest, DeleteSnapshotResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { BackendError } from '../../storage/backend-error.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { asSnapshotId } from './lookup.ts';

/** DeleteSnapshot: one that is not there, or cannot be one of ours, is deleted. */
export const deleteSnapshot =
  ({ fleet }: ControllerDeps): Handler<DeleteSnapshotRequest, DeleteSnapshotResponse> =>
  async ({ snapshotId }, context) => {
    const id = asSnapshotId(snapshotId);
    if (!id) return {};
    const backend = fleet.of(id);
    // A group's id names no snapshot: the backend, which has one call for both, would delete the whole group.
    if (await backend.getGroupSnapshot(id, context)) return {};
    try {
      await backend.deleteSnapshot(id, context);
    } catch (error) {
      throw isMember(error) ? invalidArgument(error.message) : error;
    }
    return {};
  };

/** CSI v1.13, DeleteSnapshot Errors: INVALID_ARGUMENT for a snapshot that is part of a group. */
const isMember = (error: unknown): error is BackendError =>
  error instanceof BackendError && error.kind === 'in-use';
