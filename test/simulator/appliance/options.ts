import type { Clock } from '../../../src/core/clock.ts';
import type { Assumptions } from './assumptions.ts';
import type { DiskStore, Exporter } from './ports.ts';

export type PoolFileSystem = 'btrfs' | 'xfs' | 'ext4';

/** An item of `/disk` with a file system. */
export interface PoolOptions {
  readonly slot: string;
  readonly fs: PoolFileSystem;
  /** Of the device. */
  readonly bytes: bigint;
  /** Default: `<slot>-fs`, as formatting sets it. */
  readonly label?: string;
  /** Default: the slot. */
  readonly mountPoint?: string;
  /** What the file system itself takes. Default: nothing. */
  readonly overheadBytes?: bigint;
  /** Default: one for 16 KiB; btrfs has none. */
  readonly inodes?: bigint;
  /** Default: random. */
  readonly fsUuid?: string;
  /** Without it the pool is a drive (`type=hardware`). */
  readonly raid?: RaidOptions;
}

export interface RaidOptions {
  readonly level: '0' | '1' | '4' | '5' | '6' | 'linear';
  readonly devices: number;
  /** "256K" */
  readonly chunk?: string;
  /** Default: random. */
  readonly uuid?: string;
  readonly members?: readonly DriveOptions[];
}

/** An item of `/disk` that is only shown: a drive, a RAID's member. */
export interface DriveOptions {
  /** By the names that RouterOS prints; `slot` is needed. */
  readonly properties: Readonly<Record<string, string | bigint | boolean>>;
  /** By name: `block-device`, `raid-member`. Default: block-device. */
  readonly flags?: readonly string[];
}

export interface UserOptions {
  readonly name: string;
  /** A group that exists: full, write, read. Default: full, or one of its own where `policies` is given. */
  readonly group?: string;
  readonly policies?: readonly string[];
  readonly password?: string;
  /** Lines of an authorized_keys file. */
  readonly publicKeys?: readonly string[];
}

export interface ApplianceOptions {
  /** One of `SCHEMA_VERSIONS`. */
  readonly version: string;
  /** Default: MikroTik */
  readonly identity?: string;
  /** Default: routeros, rose-storage */
  readonly packages?: readonly string[];
  readonly pools: readonly PoolOptions[];
  /** Shown before the pools. */
  readonly drives?: readonly DriveOptions[];
  /** Of the SSH service. Default: 20 */
  readonly maxSessions?: number;
  readonly users: readonly UserOptions[];
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  /** Default: UNKIND */
  readonly assumptions?: Partial<Assumptions>;
  /** Where images' bytes are. Default: nowhere, only sizes. */
  readonly store?: DiskStore;
  /** What an export does outside of the model. Default: nothing. */
  readonly exporter?: Exporter;
}
