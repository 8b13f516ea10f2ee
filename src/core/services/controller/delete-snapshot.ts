import type { DeleteSnapshotRequest, DeleteSnapshotResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { asSnapshotId } from './lookup.ts';

/** DeleteSnapshot: one that is not there, or cannot be one of ours, is deleted. */
export const deleteSnapshot =
  ({ backend }: ControllerDeps): Handler<DeleteSnapshotRequest, DeleteSnapshotResponse> =>
  async ({ snapshotId }, context) => {
    const id = asSnapshotId(snapshotId);
    if (id) await backend.deleteSnapshot(id, context);
    return {};
  };
