import { abortable } from '../../../core/abortable.ts';

interface Pending<T> {
  readonly result: Promise<T>;
  readonly abandoned: AbortController;
  waiting: number;
}

/**
 * Lets callers that ask the same share one read, as long as it is still waiting to be sent: one that runs already may
 * have read before what the later caller wants to see.
 */
export class Coalescer<T> {
  private readonly queued = new Map<string, Pending<T>>();

  /**
   * @param read reports by `onSent` that it is being sent; `signal` aborts once all of its callers have gone
   * @throws the signal's reason, and whatever the read throws
   */
  async join(
    key: string,
    signal: AbortSignal,
    read: (onSent: () => void, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const pending = this.queued.get(key) ?? this.begin(key, read);
    pending.waiting += 1;
    try {
      return await abortable(pending.result, signal);
    } finally {
      pending.waiting -= 1;
      if (pending.waiting === 0) {
        this.leave(key, pending);
        pending.abandoned.abort(signal.reason);
      }
    }
  }

  private begin(key: string, read: (onSent: () => void, signal: AbortSignal) => Promise<T>): Pending<T> {
    const abandoned = new AbortController();
    const leave = () => this.leave(key, pending);
    const result = Promise.resolve()
      .then(() => read(leave, abandoned.signal))
      .finally(leave);
    const pending: Pending<T> = { abandoned, waiting: 0, result };
    // Its callers have the outcome; one that has gone must not leave an unhandled rejection.
    result.catch(() => undefined);
    this.queued.set(key, pending);
    return pending;
  }

  private leave(key: string, pending: Pending<T>): void {
    if (this.queued.get(key) === pending) this.queued.delete(key);
  }
}
