import { slotFor } from './volume-id.ts';

/**
 * Slots of snapshots. CSI keeps the names of volumes, snapshots and group snapshots apart, while group ids and
 * snapshot ids are looked up in one space here: so the kind goes into the hash. NUL separates, since no name of
 * CSI holds one.
 */
export const snapshotSlot = (clusterId: string, name: string): string =>
  slotFor(clusterId, `snapshot\0${name}`);

export const groupSnapshotSlot = (clusterId: string, name: string): string =>
  slotFor(clusterId, `group\0${name}`);

/** The slot of one source's snapshot within a group. */
export const memberSnapshotSlot = (clusterId: string, group: string, sourceSlot: string): string =>
  slotFor(clusterId, `member\0${group}\0${sourceSlot}`);
