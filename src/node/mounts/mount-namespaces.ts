import { readlinkSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errno } from '../exec/errno.ts';
import { NodeError } from '../node-error.ts';
import { type Mount, parseMountInfo } from './mount-info.ts';

/** A mount as a process sees it; `pid` is one of those that do. */
export type NamespacedMount = Mount & { readonly pid: number };

/**
 * What reading /proc/<pid>/mountinfo says of a process that ended: its folder is gone (ENOENT), it went during the
 * read (ESRCH), or it is a zombie, which has no namespace any more (EINVAL: mounts_open_common, fs/proc_namespace.c).
 */
const ENDED = new Set(['ENOENT', 'ESRCH', 'EINVAL']);

/** Looks through /proc for every mount namespace that a process lives in. */
export class MountNamespaces {
  readonly #procRoot: string;

  constructor(procRoot: string) {
    this.#procRoot = procRoot;
  }

  /** @throws NodeError `unavailable`, `protocol` */
  async mounts(): Promise<readonly NamespacedMount[]> {
    const views = new Set<string>();
    const mounts = new Map<string, NamespacedMount>();
    for (const pid of await this.#pids()) {
      const view = this.#view(pid);
      if (view !== undefined && views.has(view)) continue;
      const seen = await this.#mountsOf(pid);
      if (!seen) continue;
      if (view !== undefined) views.add(view);
      add(seen, pid, mounts);
    }
    return [...mounts.values()];
  }

  async #pids(): Promise<number[]> {
    try {
      const entries = await readdir(this.#procRoot);
      return entries
        .filter((entry) => /^\d+$/.test(entry))
        .map(Number)
        .sort((a, b) => a - b);
    } catch (cause) {
      throw unreadable(this.#procRoot, cause);
    }
  }

  /**
   * The namespace and the root: a process with a root of its own (chroot) sees but a part of its namespace. Saves
   * reading the same table for each process; unknown (undefined) for those that may not be traced. The kernel tells both
   * from its memory in a microsecond, where a thread for each question would cost ten.
   */
  #view(pid: number): string | undefined {
    const folder = join(this.#procRoot, String(pid));
    try {
      return `${readlinkSync(join(folder, 'ns', 'mnt'))} ${readlinkSync(join(folder, 'root'))}`;
    } catch {
      return undefined;
    }
  }

  /** undefined: the process ended. */
  async #mountsOf(pid: number): Promise<Mount[] | undefined> {
    const path = join(this.#procRoot, String(pid), 'mountinfo');
    try {
      return parseMountInfo(await readFile(path, 'utf8'));
    } catch (cause) {
      if (ENDED.has(errno(cause) ?? '')) return undefined;
      throw unreadable(path, cause);
    }
  }
}

/**
 * Ids of mounts are unique in the whole system, so each is listed once, however many processes see it; device and
 * root are compared too, for an id may have been given again between two reads.
 */
function add(seen: readonly Mount[], pid: number, mounts: Map<string, NamespacedMount>): void {
  for (const mount of seen) {
    const key = `${mount.id} ${mount.device} ${mount.root}`;
    if (!mounts.has(key)) mounts.set(key, { ...mount, pid });
  }
}

function unreadable(path: string, cause: unknown): NodeError {
  if (cause instanceof NodeError) return cause;
  return new NodeError('unavailable', `cannot read ${path}: ${errno(cause) ?? String(cause)}`, { cause });
}
