/** One at a time, in the order of arrival. */
export class Mutex {
  private last: Promise<unknown> = Promise.resolve();

  /**
   * Runs the task when those before it have ended. An abort ends only the waiting: a task that has begun is
   * waited for.
   * @throws the signal's reason, if it aborts before the task began
   */
  run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise<T>((resolve, reject) => {
      const abandon = () => reject(signal.reason);
      signal.addEventListener('abort', abandon, { once: true });
      this.last = this.last.then(async () => {
        signal.removeEventListener('abort', abandon);
        if (signal.aborted) return reject(signal.reason);
        await task().then(resolve, reject);
      });
    });
  }
}
