import type { VolumeGroupSnapshot } from '../../csi/generated/csi.ts';
import { BackendError } from '../../storage/backend-error.ts';
import type { GroupSnapshot } from '../../storage/snapshot.ts';
import { snapshotMessage, timestamp } from '../controller/snapshot-message.ts';

export const groupSnapshotMessage = (group: GroupSnapshot, driverName: string): VolumeGroupSnapshot => ({
  groupSnapshotId: group.id,
  snapshots: group.snapshots.map((snapshot) => snapshotMessage(snapshot, driverName)),
  creationTime: timestamp(group.createdAt),
  readyToUse: true,
});

/**
 * The ids that a caller believes to be the group's, where it names any (CSI v1.13).
 * @throws BackendError `invalid` they are not
 */
export function requireMembers({ id, snapshots }: GroupSnapshot, ids: readonly string[]): void {
  if (ids.length === 0) return;
  const members = new Set<string>(snapshots.map((snapshot) => snapshot.id));
  if (ids.length === members.size && ids.every((one) => members.has(one))) return;
  throw new BackendError(
    'invalid',
    `snapshot_ids are not the members of group snapshot ${id}: those are ${[...members].join(', ')}`,
  );
}
