import { statfs } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { errno } from '../exec/errno.ts';
import { NodeError } from '../node-error.ts';

export interface FilesystemUsage {
  readonly totalBytes: bigint;
  readonly usedBytes: bigint;
  /** For others than root. */
  readonly availableBytes: bigint;
  /** 0 where the file system has no fixed number of inodes (btrfs). */
  readonly totalInodes: bigint;
  readonly freeInodes: bigint;
}

export type Statfs = (path: string) => Promise<FilesystemUsage>;

/** How many calls may hang in the kernel at once: each keeps a thread of the pool that all file access shares. */
const MAX_STUCK = 1;

/**
 * statfs(2) with a deadline. A call on a file system that does not answer cannot be cancelled, so it is contained:
 * callers are released in time, later callers for the same path join the call that hangs instead of starting
 * another, and once one is overdue no call is started at all until it has come back.
 */
export class StatfsReader {
  readonly #running = new Map<string, Promise<FilesystemUsage>>();
  readonly #overdue = new Set<string>();
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #statfs: Statfs;

  /** @param limitMs how long a caller waits */
  constructor(clock: Clock, limitMs: number, statfs: Statfs = systemStatfs) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#statfs = statfs;
  }

  /** @throws NodeError `not-found` · `timeout` no answer in time · `unavailable` */
  async read(path: string, signal: AbortSignal): Promise<FilesystemUsage> {
    if (this.#overdue.size >= MAX_STUCK && !this.#running.has(path)) {
      throw new NodeError(
        'unavailable',
        `${path} is not examined while ${[...this.#overdue].join(', ')} does not answer; check the storage there`,
      );
    }
    const done = new AbortController();
    const limit = this.#clock.sleep(this.#limitMs, AbortSignal.any([signal, done.signal])).then(() => {
      if (this.#running.has(path)) this.#overdue.add(path);
      throw new NodeError('timeout', `${path} did not answer within ${this.#limitMs} ms; check its storage`);
    });
    try {
      return await Promise.race([this.#shared(path), limit]);
    } finally {
      // The losing branch of the race ends here; nobody is left to hear of it.
      limit.catch(() => undefined);
      done.abort(new NodeError('timeout', 'no longer awaited'));
    }
  }

  #shared(path: string): Promise<FilesystemUsage> {
    const running = this.#running.get(path);
    if (running) return running;
    const started = this.#statfs(path).finally(() => {
      this.#running.delete(path);
      this.#overdue.delete(path);
    });
    this.#running.set(path, started);
    started.catch(() => undefined);
    return started;
  }
}

/** Counts are in units of `f_bsize`: Linux' statfs(2) fills it with the fragment size (fs/statfs.c). */
export async function systemStatfs(path: string): Promise<FilesystemUsage> {
  try {
    const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path, { bigint: true });
    return {
      totalBytes: blocks * bsize,
      usedBytes: (blocks - bfree) * bsize,
      availableBytes: bavail * bsize,
      totalInodes: files,
      freeInodes: ffree,
    };
  } catch (cause) {
    const code = errno(cause);
    const kind = code === 'ENOENT' ? 'not-found' : 'unavailable';
    throw new NodeError(kind, `cannot examine the file system at ${path}: ${code ?? String(cause)}`, {
      cause,
    });
  }
}
