import type { FileNode, FolderNode } from './nodes.ts';
import type { PoolFileSystem, RaidOptions } from './options.ts';
import type { Space } from './space.ts';

/** What `set` can change on every item that the model plays. */
interface Item {
  readonly id: string;
  readonly slot: string;
  comment: string;
}

/** A drive or a RAID's member: only shown. */
export interface DriveItem extends Item {
  readonly kind: 'drive';
  readonly properties: Readonly<Record<string, string | bigint | boolean>>;
  readonly flags: ReadonlySet<string>;
}

/** An item with a file system that images stand on. */
export interface PoolItem extends Item {
  readonly kind: 'pool';
  readonly fs: PoolFileSystem;
  readonly label: string;
  readonly fsUuid: string;
  readonly space: Space;
  readonly mount: FolderNode;
  /** What the pool has of inodes; undefined: the file system doesn't count them. */
  readonly inodes: bigint | undefined;
  readonly raid: Omit<RaidOptions, 'members'> | undefined;
  /** "clean", "degraded", "clean, sync:repair, resync = 12.3%" */
  state: string;
  compress: boolean;
  /** The device answers. */
  online: boolean;
  mountFilesystem: boolean;
}

export interface FileDiskSettings {
  readonly slot: string;
  readonly comment: string;
  readonly disabled: boolean;
  /** As `/disk` shows it: with a leading slash. */
  readonly filePath: string;
  readonly fileSize: bigint;
  readonly fileOffset: bigint;
  readonly mountFilesystem: boolean;
  readonly mountReadOnly: boolean;
  readonly compress: boolean;
  readonly nvmeExport: boolean;
  readonly nvmePort: bigint;
  /** Empty: not set, so the default of the version. */
  readonly nvmeNqn: string;
  readonly nvmeAllowHost: string;
  readonly nvmePassword: string;
}

/** An image as a block device. */
export interface FileDiskItem {
  readonly kind: 'file';
  readonly id: string;
  settings: FileDiskSettings;
  /** undefined: its image is gone. */
  image: FileNode | undefined;
}

export type DiskItem = DriveItem | PoolItem | FileDiskItem;

export const slotOf = (item: DiskItem): string => (item.kind === 'file' ? item.settings.slot : item.slot);
export const isMounted = (pool: PoolItem): boolean => pool.online && pool.mountFilesystem;
