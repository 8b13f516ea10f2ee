import { stat } from 'node:fs/promises';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { errnoOf } from '../failure.ts';

const ATTEMPTS = 3;

export interface CopySource {
  readonly path: string;
  /** The file must have so many bytes at least. */
  readonly sizeBytes: bigint;
}

/**
 * Copies files so that the copies show one moment of all of them: no file may have been written from the first
 * copy's start to the last one's end, told by modification times (a write to a loop device moves its file's; the
 * kernel counts them in ticks of up to 10 ms).
 * @throws BackendError `unavailable` they are written to all the time
 */
export async function copiedAtOneMoment(
  sources: readonly CopySource[],
  signal: AbortSignal,
  copy: (source: CopySource, at: number) => Promise<void>,
): Promise<void> {
  for (let left = ATTEMPTS; left > 0; left -= 1) {
    const before = await modified(sources);
    for (const [at, source] of sources.entries()) {
      signal.throwIfAborted();
      await copy(source, at);
    }
    const after = await modified(sources);
    if (before.every((time, at) => time === after[at])) return;
  }
  throw new BackendError(
    'unavailable',
    `${sources.map(({ path }) => path).join(', ')}: written to while being copied, ${ATTEMPTS} times; stop writing and try again`,
  );
}

async function modified(sources: readonly CopySource[]): Promise<(bigint | undefined)[]> {
  return Promise.all(
    sources.map(async ({ path }) => {
      try {
        return (await stat(path, { bigint: true })).mtimeNs;
      } catch (error) {
        // The copy itself says that it is missing.
        if (errnoOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    }),
  );
}
