import type { DriveItem, PoolItem } from './disk-items.ts';
import type { DiskTable } from './disk-table.ts';
import type { FileTree } from './file-tree.ts';
import type { ApplianceOptions, DriveOptions, PoolOptions } from './options.ts';
import { raidUuid, uuid } from './random.ts';
import { Space } from './space.ts';
import type { Subvolumes } from './subvolumes.ts';

/** ASSUMED[model-edges]: how many bytes one inode stands for, where a pool isn't told. */
const BYTES_PER_INODE = 16_384n;

export interface DeviceParts {
  readonly table: DiskTable;
  readonly tree: FileTree;
  readonly subvolumes: Subvolumes;
  readonly monotonic: () => number;
}

/** Fills `/disk` with what is plugged in: drives, then each pool with its members. */
export function plugIn(options: ApplianceOptions, parts: DeviceParts): void {
  for (const drive of options.drives ?? []) parts.table.add(driveItem(drive, parts));
  for (const pool of options.pools) {
    parts.table.add(poolItem(pool, options.random, parts));
    for (const member of pool.raid?.members ?? []) parts.table.add(driveItem(member, parts));
  }
}

function driveItem(
  { properties, flags = ['block-device'] }: DriveOptions,
  { table }: DeviceParts,
): DriveItem {
  const { slot } = properties;
  if (typeof slot !== 'string') throw new RangeError('a drive needs a slot');
  return { kind: 'drive', id: table.ids.next(), slot, comment: '', properties, flags: new Set(flags) };
}

function poolItem(
  options: PoolOptions,
  random: ApplianceOptions['random'],
  { table, tree, subvolumes, monotonic }: DeviceParts,
): PoolItem {
  const { slot, fs, bytes, mountPoint = slot, raid } = options;
  if (mountPoint.includes('/')) throw new RangeError(`the mount point ${mountPoint} must be one name`);
  const space = new Space(bytes, options.overheadBytes ?? 0n, monotonic);
  const mount = tree.mount(mountPoint, space, fs === 'btrfs' ? subvolumes.makeRoot() : undefined);
  subvolumes.adopt(mount);
  return {
    kind: 'pool',
    id: table.ids.next(),
    slot,
    comment: '',
    fs,
    label: options.label ?? `${slot}-fs`,
    fsUuid: options.fsUuid ?? uuid(random),
    space,
    mount,
    inodes: fs === 'btrfs' ? undefined : (options.inodes ?? bytes / BYTES_PER_INODE),
    raid: raid && { ...raid, uuid: raid.uuid ?? raidUuid(random) },
    state: raid ? 'clean' : '',
    compress: false,
    online: true,
    mountFilesystem: true,
  };
}
