import { MiB } from '../../core/bytes.ts';
import type { Format } from '../filesystems/filesystem.ts';

/** What the header says until the file system was made: it is set with the format itself. */
export const NO_FILESYSTEM_YET = 'rose-csi:no-filesystem-yet';
/** What it says from then on. */
export const IN_USE = 'rose-csi';

/**
 * RFC 9106's second recommended choice of Argon2id, for where memory is short, with four passes, which are cryptsetup's
 * least. By default cryptsetup measures the machine and takes up to 1 GiB at each open: more than a node plugin may have,
 * and another cost on each node.
 */
export const KEY_DERIVATION = [
  ...(['--pbkdf', 'argon2id', '--pbkdf-memory', '65536', '--pbkdf-parallel', '4'] as const),
  ...(['--pbkdf-force-iterations', '4'] as const),
] as const;
/** Written out, so that a volume is the same wherever it was made. */
const CIPHER = ['--cipher', 'aes-xts-plain64', '--key-size', '512', '--hash', 'sha256'] as const;
/** The header, and room for it; cryptsetup's own default. */
const DATA_OFFSET = 16n * MiB;
const OFFSET = ['--offset', String(DATA_OFFSET / 512n)] as const;

/** Raw block is for disks of virtual machines, whose boot sectors are of 512 bytes; file systems do better with 4 KiB. */
const SECTORS = { filesystem: '4096', block: '512' };
const SUBSYSTEMS = { filesystem: NO_FILESYSTEM_YET, block: IN_USE };

/** LUKS2 as what a device is formatted with, for what is to be on the opened one. */
export const luks2 = (passphrase: Uint8Array, content: 'filesystem' | 'block'): Format => ({
  type: 'crypto_LUKS',
  minimumBytes: DATA_OFFSET + MiB,
  mkfs: (device) => [
    ...(['cryptsetup', 'luksFormat', '--batch-mode', '--type', 'luks2', '--key-file', '-'] as const),
    ...[...CIPHER, ...KEY_DERIVATION, ...OFFSET, '--sector-size', SECTORS[content]],
    ...['--subsystem', SUBSYSTEMS[content], device],
  ],
  mkfsInput: passphrase,
  /** Not looked at here: a header whose first copy was torn is mended from its second by the open that follows. */
  superblock: async () => ({ sizeBytes: DATA_OFFSET, needsRecovery: false }),
});
