import type { Encryption } from '../../../core/storage/encryption.ts';
import { OWN_SLOT } from '../../../core/storage/volume-id.ts';
import { isStoredName } from './stored-name.ts';

/**
 * What the name of a snapshot's subvolume says: subvolumes have no comment, so the name is the record. Its time is
 * that of the subvolume itself.
 */
export interface SnapshotName extends Encryption {
  readonly slot: string;
  /** The slot of the volume that it was taken of. */
  readonly source: string;
  /** Of the source when it was taken, bytes. */
  readonly bytes: bigint;
  /** The group that it was taken with, and how many snapshots that has. */
  readonly group?: { readonly slot: string; readonly members: number };
  /** The CSI name of the snapshot, or of its group, as `stored-name.ts` writes it. */
  readonly name: string;
}

const PATTERN = new RegExp(
  `^(${OWN_SLOT})\\.([A-Za-z0-9][A-Za-z0-9._-]{0,31})\\.(e?)(\\d{1,19})\\.(?:-|(${OWN_SLOT})\\+(\\d{1,4}))\\.([^.]+)$`,
);

/** `<slot>.<source>.<bytes>.<group>+<members>.<name>`, with `-` for no group, and `e` before the bytes of an encrypted one. */
export const writeSnapshotName = (snapshot: SnapshotName): string =>
  `${snapshotNameBefore(snapshot.slot, snapshot.source, snapshot)}${snapshot.bytes}${snapshotNameAfter(snapshot)}`;

/** What stands before the size, which only the appliance knows when it takes a snapshot. */
export const snapshotNameBefore = (slot: string, source: string, { encrypted }: Encryption): string =>
  `${slot}.${source}.${encrypted ? 'e' : ''}`;
/** What stands behind the size. */
export const snapshotNameAfter = ({ group, name }: Pick<SnapshotName, 'group' | 'name'>): string =>
  `.${group ? `${group.slot}+${group.members}` : '-'}.${name}`;

/** undefined: not written by this driver. */
export function readSnapshotName(text: string): SnapshotName | undefined {
  const [, slot, source, encrypted, bytes, group, members, name] = PATTERN.exec(text) ?? [];
  if (!slot || !source || !bytes || !name || !isStoredName(name)) return undefined;
  return {
    slot,
    source,
    bytes: BigInt(bytes),
    ...(encrypted === 'e' && { encrypted: true }),
    ...(group && { group: { slot: group, members: Number(members) } }),
    name,
  };
}
