import type { Clock } from '../../../core/clock.ts';

/**
 * Runs a task under a signal that aborts with its parent's, or with `late()` after `ms`; does not wait for a task that
 * ignores it.
 * @throws what the task throws, or the signal's reason
 */
export async function withTimeout<T>(
  clock: Clock,
  ms: number,
  parent: AbortSignal,
  late: () => unknown,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent.throwIfAborted();
  const own = new AbortController();
  const timer = new AbortController();
  const aborted = Promise.withResolvers<never>();
  const abort = (reason: unknown) => {
    own.abort(reason);
    aborted.reject(reason);
  };
  const onParent = () => abort(parent.reason);
  parent.addEventListener('abort', onParent, { once: true });
  clock.sleep(ms, timer.signal).then(
    () => abort(late()),
    () => undefined, // It was done in time.
  );
  try {
    return await Promise.race([task(own.signal), aborted.promise]);
  } finally {
    timer.abort();
    parent.removeEventListener('abort', onParent);
  }
}
