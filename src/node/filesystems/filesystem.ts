import type { DeviceReader } from '../devices/device-reader.ts';

export type Argv = readonly [string, ...string[]];

/** What a file system's primary superblock says. Of a mounted one the copy on the device may lag behind. */
export interface Superblock {
  readonly sizeBytes: bigint;
  /** It was not unmounted cleanly: only a writable mount brings it into order again. */
  readonly needsRecovery: boolean;
  /** The kernel found errors in it; `undefined` where the format does not keep that. */
  readonly hasErrors?: boolean;
}

/** What a device can be formatted with. */
export interface Format {
  /** As blkid names it. */
  readonly type: string;
  /** The smallest device, bytes, on which it can be made and can grow. */
  readonly minimumBytes: bigint;
  /**
   * The command that makes it. Never with discard: a blank device has nothing to give back, and one that was
   * provisioned thick would lose its reservation.
   * @param force may overwrite what an interrupted run of the same command left behind
   */
  mkfs(device: string, force: boolean): Argv;
  /** For the command's standard input. */
  readonly mkfsInput?: Uint8Array;
  /** @throws NodeError `unavailable` the device cannot be read · `precondition` there is no such superblock */
  superblock(reader: DeviceReader, signal: AbortSignal): Promise<Superblock>;
}

/** A file system that volumes can carry: its programs, its mount options, its superblock. */
export interface Filesystem extends Format {
  /** Added to every mount, besides `ro`. */
  mountOptions(readonly: boolean): readonly string[];
  /** The command that grows a mounted file system to the size of its device, and does nothing where it has that. */
  grow(device: string, mountPoint: string): Argv;
}
