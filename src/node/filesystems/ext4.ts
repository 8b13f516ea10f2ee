import { KiB, MiB } from '../../core/bytes.ts';
import type { Filesystem, Superblock } from './filesystem.ts';
import { superblockBytes } from './superblock-bytes.ts';

/** Offsets and flags: ext4 documentation, "Super Block" (Documentation/filesystems/ext4/super.rst). */
const PLACE = { type: 'ext4', offset: KiB, length: 1024 };
const MAGIC = { offset: 0x38, bytes: new Uint8Array([0x53, 0xef]) };
const BLOCKS_LOW = 0x04;
const LOG_BLOCK_SIZE = 0x18;
const STATE = 0x3a;
const INCOMPATIBLE = 0x60;
const BLOCKS_HIGH = 0x150;
const CLEANLY_UNMOUNTED = 0x1;
const HAS_ERRORS = 0x2;
const NEEDS_RECOVERY = 0x4;
const IS_64BIT = 0x80;

export const ext4: Filesystem = {
  type: 'ext4',
  minimumBytes: 16n * MiB,

  /**
   * No -F: it is for what is no block device or is in use. mke2fs without a terminal overwrites whatever it
   * finds, so the formatter's own checks are the only ones. 4 KiB blocks even on a small device, which may grow.
   * Inode tables are zeroed lazily (the kernel does it after the mount), the journal is not: a crash before its
   * first round could find stale blocks there.
   */
  mkfs: (device) => [
    'mkfs.ext4',
    ...['-q', '-b', '4096', '-m', '0'],
    ...['-E', 'nodiscard,lazy_itable_init=1,lazy_journal_init=0'],
    device,
  ],

  /** `errors=remount-ro`: after an error nothing more is written. `noload`: the journal is not replayed. */
  mountOptions: (readonly) => (readonly ? ['noload'] : ['errors=remount-ro']),

  grow: (device) => ['resize2fs', device],

  async superblock(reader, signal): Promise<Superblock> {
    const view = await superblockBytes(reader, PLACE, MAGIC, signal);
    const u32 = (at: number): number => view.getUint32(at, true);
    const state = view.getUint16(STATE, true);
    const high = u32(INCOMPATIBLE) & IS_64BIT ? BigInt(u32(BLOCKS_HIGH)) : 0n;
    const blocks = (high << 32n) | BigInt(u32(BLOCKS_LOW));
    return {
      sizeBytes: blocks * (KiB << BigInt(u32(LOG_BLOCK_SIZE))),
      needsRecovery: (u32(INCOMPATIBLE) & NEEDS_RECOVERY) !== 0 || (state & CLEANLY_UNMOUNTED) === 0,
      hasErrors: (state & HAS_ERRORS) !== 0,
    };
  },
};
