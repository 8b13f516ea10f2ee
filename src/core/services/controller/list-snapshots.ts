import type { CallContext } from '../../call-context.ts';
import type { ListSnapshotsRequest, ListSnapshotsResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { listAcross } from '../../storage/list-across.ts';
import type { Page } from '../../storage/page.ts';
import type { Snapshot } from '../../storage/snapshot.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { asSnapshotId, asVolumeId } from './lookup.ts';
import { pageRequest } from './pages.ts';
import { snapshotMessage } from './snapshot-message.ts';

/** ListSnapshots: all, those of a volume, or one by its id. What does not exist gives an empty list (CSI v1.13). */
export const listSnapshots = (deps: ControllerDeps): Handler<ListSnapshotsRequest, ListSnapshotsResponse> => {
  const { driverName } = deps;
  return async (request, context) => {
    const page =
      request.snapshotId === '' ? await listed(deps, request, context) : await single(deps, request, context);
    const entries = page.items.map((snapshot) => ({ snapshot: snapshotMessage(snapshot, driverName) }));
    return { entries, nextToken: page.next ?? '' };
  };
};

async function single(
  { fleet }: ControllerDeps,
  { snapshotId, sourceVolumeId }: ListSnapshotsRequest,
  context: CallContext,
): Promise<Page<Snapshot>> {
  const id = asSnapshotId(snapshotId);
  const snapshot = id && (await fleet.of(id).getSnapshot(id, context));
  const wanted = snapshot && (sourceVolumeId === '' || snapshot.source === sourceVolumeId);
  return { items: wanted ? [snapshot] : [] };
}

async function listed(
  { fleet }: ControllerDeps,
  { sourceVolumeId, maxEntries, startingToken }: ListSnapshotsRequest,
  context: CallContext,
): Promise<Page<Snapshot>> {
  const page = pageRequest(maxEntries, startingToken);
  if (sourceVolumeId === '') {
    return listAcross(fleet, page, (member, part) => member.listSnapshots({}, part, context));
  }
  const source = asVolumeId(sourceVolumeId);
  // Snapshots are where their source is.
  return source ? fleet.of(source).listSnapshots({ source }, page, context) : { items: [] };
}
