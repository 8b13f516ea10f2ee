import { btrfs } from './btrfs.ts';
import { ext4 } from './ext4.ts';
import type { Filesystem } from './filesystem.ts';
import { xfs } from './xfs.ts';

export const DEFAULT_FS_TYPE = 'ext4';

/** The file systems that volumes can carry, by type. */
export type Filesystems = ReadonlyMap<string, Filesystem>;

export const FILESYSTEMS: Filesystems = new Map([ext4, xfs, btrfs].map((fs) => [fs.type, fs]));
