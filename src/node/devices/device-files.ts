import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { errno } from '../exec/errno.ts';
import { NodeError } from '../node-error.ts';

/** What the file system tells of device nodes and other files; an argument, since nodes need root to be made. */
export interface DeviceFiles {
  /** @throws NodeError `not-found`, `unavailable` */
  identify(path: string): Promise<FileIdentity>;
  /**
   * Whether an `O_EXCL` open of the block device says EBUSY: somebody mounted it, in whatever mount namespace,
   * or claimed it otherwise (open(2): "O_EXCL can be used without O_CREAT if pathname refers to a block device").
   * @throws NodeError `not-found`, `unavailable`
   */
  isHeldExclusively(path: string): Promise<boolean>;
}

export interface FileIdentity {
  readonly kind: 'block' | 'regular' | 'other';
  /** `device:inode`: equal for all names of one file. */
  readonly inode: string;
  /** `major:minor` of the device that a node stands for; `0:0` for other files. */
  readonly number: string;
}

export class SystemDeviceFiles implements DeviceFiles {
  async identify(path: string): Promise<FileIdentity> {
    const found = await attempt(path, () => stat(path, { bigint: true }));
    return {
      kind: found.isBlockDevice() ? 'block' : found.isFile() ? 'regular' : 'other',
      inode: `${deviceNumber(found.dev)}:${found.ino}`,
      number: deviceNumber(found.rdev),
    };
  }

  async isHeldExclusively(path: string): Promise<boolean> {
    try {
      const handle = await open(path, constants.O_RDONLY | constants.O_EXCL);
      await handle.close();
      return false;
    } catch (error) {
      if (errno(error) === 'EBUSY') return true;
      throw failed(path, error);
    }
  }
}

/** Takes a `dev_t` of the C library apart (gnu_dev_major, gnu_dev_minor in glibc and musl alike). */
export function deviceNumber(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

async function attempt<T>(path: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw failed(path, error);
  }
}

/** ENXIO and ENODEV: the node is there, the device behind it is not. */
function failed(path: string, cause: unknown): NodeError {
  const code = errno(cause);
  return code === 'ENOENT' || code === 'ENXIO' || code === 'ENODEV'
    ? new NodeError('not-found', `${path} does not exist or has no device behind it (${code})`, { cause })
    : new NodeError('unavailable', `cannot look at ${path}: ${code ?? String(cause)}`, { cause });
}
