import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errno } from '../exec/errno.ts';
import { NodeError } from '../node-error.ts';
import { type Mount, parseMountInfo } from './mount-info.ts';
import { MountNamespaces, type NamespacedMount } from './mount-namespaces.ts';

export type { Mount } from './mount-info.ts';
export type { NamespacedMount } from './mount-namespaces.ts';

/**
 * The kernel's mount table, read anew at every call. Since Linux 5.8 mounts and unmounts during the read neither
 * hide other entries nor repeat them (commit 9f6c61f96f2d, "proc/mounts: add cursor").
 */
export class MountTable {
  readonly #procRoot: string;

  /** @param procRoot normally `/proc` */
  constructor(procRoot: string) {
    this.#procRoot = procRoot;
  }

  /**
   * The mounts this process sees, in the kernel's order.
   * @throws NodeError `unavailable`, `protocol`
   */
  async own(): Promise<readonly Mount[]> {
    const path = join(this.#procRoot, 'self', 'mountinfo');
    try {
      return parseMountInfo(await readFile(path, 'utf8'));
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  /**
   * The mounts stacked on exactly that path, the uppermost last. The mount point itself is never touched, so this
   * works on a file system that no longer answers; symlinks above it are resolved.
   * @throws NodeError `unavailable`, `protocol`
   */
  async at(path: string): Promise<readonly Mount[]> {
    const mountPoint = await canonical(path);
    if (mountPoint === undefined) return [];
    return stacked((await this.own()).filter((mount) => mount.mountPoint === mountPoint));
  }

  /**
   * The mounts of every mount namespace that a visible process lives in, with such a process. A namespace without
   * one is not seen: what it mounts can be noticed only by an exclusive open of the device.
   * @throws NodeError `unavailable`, `protocol`
   */
  everywhere(): Promise<readonly NamespacedMount[]> {
    return new MountNamespaces(this.#procRoot).mounts();
  }
}

/** The path with symlinks resolved in all but its last component; undefined where its folder does not exist. */
export async function canonical(path: string): Promise<string | undefined> {
  const absolute = resolve(path);
  try {
    return join(await realpath(dirname(absolute)), basename(absolute));
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined;
    throw unreadable(dirname(absolute), error);
  }
}

/**
 * A mount's parent is the one below it in the stack; the file's order says nothing, since propagation may put a
 * later mount beneath an earlier one.
 */
function stacked(mounts: readonly Mount[]): Mount[] {
  const ids = new Set(mounts.map((mount) => mount.id));
  const above = (parent: Mount): Mount[] =>
    mounts.filter((mount) => mount.parentId === parent.id && mount.id !== parent.id);
  const upwards = (mount: Mount): Mount[] => [mount, ...above(mount).flatMap(upwards)];
  const lowest = mounts.filter((mount) => mount.id === mount.parentId || !ids.has(mount.parentId));
  return lowest.flatMap(upwards);
}

function unreadable(path: string, cause: unknown): NodeError {
  if (cause instanceof NodeError) return cause;
  return new NodeError('unavailable', `cannot read ${path}: ${errno(cause) ?? String(cause)}`, { cause });
}
