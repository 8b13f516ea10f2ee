import { groupSnapshotSlot, snapshotSlot } from './snapshot-slot.ts';
import { slotFor } from './volume-id.ts';

/** What CSI makes under a name; each kind has names of its own. */
export type NamedKind = 'volume' | 'snapshot' | 'group snapshot';

/** The slot that an object of this CSI name has or would have. */
export function namedSlot(clusterId: string, kind: NamedKind, name: string): string {
  switch (kind) {
    case 'volume':
      return slotFor(clusterId, name);
    case 'snapshot':
      return snapshotSlot(clusterId, name);
    case 'group snapshot':
      return groupSnapshotSlot(clusterId, name);
  }
}
