import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';

/**
 * A backend whose process is restarted before every operation that finds nothing else running. Operations that
 * overlap share one process, as they would.
 */
export function restartingBackend(
  first: StorageBackend,
  restart: () => Promise<StorageBackend>,
): StorageBackend {
  let current = first;
  let closed = false;
  let running = 0;
  let ready: Promise<void> = Promise.resolve();

  const operate = async (method: (...args: unknown[]) => unknown, args: unknown[]): Promise<unknown> => {
    running += 1;
    try {
      if (running === 1 && !closed && current.health().connected) {
        ready = restart().then((next) => {
          current = next;
        });
      }
      await ready;
      return await Reflect.apply(Reflect.get(current, method.name), current, args);
    } finally {
      running -= 1;
    }
  };

  return new Proxy(first, {
    get: (_, key) => {
      const member: unknown = Reflect.get(current, key);
      if (key === 'close') {
        return async () => {
          closed = true;
          await current.close();
        };
      }
      if (typeof member !== 'function' || key === 'health') {
        return typeof member === 'function' ? member.bind(current) : member;
      }
      return (...args: unknown[]) => operate(member as (...args: unknown[]) => unknown, args);
    },
  });
}
