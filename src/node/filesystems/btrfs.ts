import { KiB, MiB } from '../../core/bytes.ts';
import type { Filesystem, Superblock } from './filesystem.ts';
import { ascii, superblockBytes } from './superblock-bytes.ts';

/** Little-endian; Linux include/uapi/linux/btrfs_tree.h, struct btrfs_super_block. */
const PLACE = { type: 'btrfs', offset: 64n * KiB, length: 4096 };
const MAGIC = { offset: 0x40, bytes: ascii('_BHRfS_M') };
const LOG_ROOT = 0x60;
/** In the superblock's copy of this device's item: the sum of all devices stands elsewhere. */
const DEVICE_BYTES = 0xd1;

export const btrfs: Filesystem = {
  type: 'btrfs',
  /** mkfs.btrfs takes about 110 MiB, but the kernel does not resize to less than this (btrfs_ioctl_resize). */
  minimumBytes: 256n * MiB,

  /** Without -f it refuses a device that carries anything it knows. -K: no discard. */
  mkfs: (device, force) => ['mkfs.btrfs', '-q', '-K', ...(force ? ['-f'] : []), device],

  mountOptions: (readonly) => (readonly ? ['rescue=nologreplay'] : []),

  grow: (_device, mountPoint) => ['btrfs', 'filesystem', 'resize', 'max', mountPoint],

  /** Always consistent as of its last commit; a log tree holds what was fsynced since. */
  async superblock(reader, signal): Promise<Superblock> {
    const view = await superblockBytes(reader, PLACE, MAGIC, signal);
    return {
      sizeBytes: view.getBigUint64(DEVICE_BYTES, true),
      needsRecovery: view.getBigUint64(LOG_ROOT, true) !== 0n,
    };
  },
};
