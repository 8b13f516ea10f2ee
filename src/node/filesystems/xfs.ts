import { MiB } from '../../core/bytes.ts';
import type { Filesystem, Superblock } from './filesystem.ts';
import { ascii, superblockBytes } from './superblock-bytes.ts';

/** Big-endian; xfsprogs, libxfs/xfs_format.h, struct xfs_dsb. */
const PLACE = { type: 'xfs', offset: 0n, length: 512 };
const MAGIC = { offset: 0, bytes: ascii('XFSB') };
const BLOCK_SIZE = 0x04;
const DATA_BLOCKS = 0x08;

export const xfs: Filesystem = {
  type: 'xfs',
  /** mkfs.xfs refuses less (xfsprogs 5.19). */
  minimumBytes: 300n * MiB,

  /** Without -f it refuses a device that carries anything it knows. -K: no discard. */
  mkfs: (device, force) => ['mkfs.xfs', '-q', '-K', ...(force ? ['-f'] : []), device],

  /**
   * `nouuid`: a clone or a restored snapshot has its source's UUID, and may be mounted beside it. Not `norecovery`
   * for readers: it would show a file system that was not unmounted cleanly in whatever state it is, while without
   * it the kernel refuses such a one on a read-only device (xlog_recover in fs/xfs/xfs_log_recover.c).
   */
  mountOptions: () => ['nouuid'],

  grow: (_device, mountPoint) => ['xfs_growfs', mountPoint],

  /** Whether the log is clean stands in the log alone; the mount finds out. */
  async superblock(reader, signal): Promise<Superblock> {
    const view = await superblockBytes(reader, PLACE, MAGIC, signal);
    const sizeBytes = view.getBigUint64(DATA_BLOCKS) * BigInt(view.getUint32(BLOCK_SIZE));
    return { sizeBytes, needsRecovery: false };
  },
};
