import { readlinkSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errno } from '../exec/errno.ts';
import { NodeError } from '../node-error.ts';

/** O_WRONLY and O_RDWR; fdinfo shows a file's flags in octal (proc_pid_fdinfo(5)). */
const WRITES = 0o3;
/** The process or the file ended meanwhile, or is none of those that we may look at: what we started is. */
const UNSEEN = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

/**
 * Which processes have a block device open for writing, claimed or not. mkfs.btrfs does not claim its device: one
 * that outlived the driver that started it is seen neither in a mount table nor by an exclusive open, and would go
 * on writing below whatever was made there meanwhile.
 */
export class DeviceWriters {
  readonly #procRoot: string;

  /** @param procRoot normally `/proc` */
  constructor(procRoot: string) {
    this.#procRoot = procRoot;
  }

  /**
   * Their process ids. Known by the names that the device may have been opened under, so that nothing is touched that
   * may not answer.
   * @throws NodeError `unavailable`
   */
  async of(devicePaths: readonly string[]): Promise<readonly number[]> {
    const names = new Set(devicePaths.map((path) => basename(path)));
    const processes = (await this.#names(this.#procRoot)).filter((entry) => /^\d+$/.test(entry));
    const writers: number[] = [];
    for (const pid of processes) if (await this.#writes(pid, names)) writers.push(Number(pid));
    return writers.sort((a, b) => a - b);
  }

  /**
   * What a file is called the kernel tells from its memory, whatever lies below (proc_pid_readlink), in a microsecond; a
   * thread for each question would cost ten, and a node has tens of thousands. Other calls go on between processes.
   */
  async #writes(pid: string, names: ReadonlySet<string>): Promise<boolean> {
    const folder = join(this.#procRoot, pid);
    for (const file of await this.#names(join(folder, 'fd'))) {
      const target = await unlessUnseen(() => readlinkSync(join(folder, 'fd', file)));
      if (target === undefined || !names.has(basename(target.replace(/ \(deleted\)$/, '')))) continue;
      const info = await unlessUnseen(() => readFile(join(folder, 'fdinfo', file), 'utf8'));
      const flags = /^flags:\s*([0-7]+)$/m.exec(info ?? '')?.[1];
      if (flags !== undefined && (Number.parseInt(flags, 8) & WRITES) !== 0) return true;
    }
    return false;
  }

  async #names(folder: string): Promise<readonly string[]> {
    return (await unlessUnseen(() => readdir(folder))) ?? [];
  }
}

async function unlessUnseen<T>(look: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (cause) {
    const code = errno(cause);
    if (UNSEEN.has(code ?? '')) return undefined;
    throw new NodeError('unavailable', `cannot tell who writes to a device: ${code ?? String(cause)}`, {
      cause,
    });
  }
}
