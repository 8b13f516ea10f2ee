import type { GetSnapshotRequest, GetSnapshotResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { asSnapshotId, noSuchSnapshot } from './lookup.ts';
import { snapshotMessage } from './snapshot-message.ts';

export const getSnapshot =
  ({ fleet, driverName }: ControllerDeps): Handler<GetSnapshotRequest, GetSnapshotResponse> =>
  async ({ snapshotId }, context) => {
    const id = asSnapshotId(snapshotId);
    const snapshot = id && (await fleet.of(id).getSnapshot(id, context));
    if (!snapshot) throw noSuchSnapshot(snapshotId);
    return { snapshot: snapshotMessage(snapshot, driverName) };
  };
