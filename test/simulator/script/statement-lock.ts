import { Mutex } from '../../../src/backends/mock/mutex.ts';
import type { Menus } from '../menus/menu.ts';

const LOCKS = new WeakMap<Menus, Mutex>();

/**
 * Holds an appliance while one command evaluates its arguments and does its work, so that no other session comes in
 * between `[find …]` and the `set` around it. A command that waits longer than a turn of the event loop (a copy, an
 * export that hangs) has done its changes by then, and lets the others in.
 * ASSUMED[statement-atomic]: RouterOS runs a command's arguments and the command in one go.
 * @throws the signal's reason, if it aborts before the lock is had
 */
export async function atomically<T>(
  menus: Menus,
  signal: AbortSignal,
  start: () => Promise<() => Promise<T>>,
): Promise<T> {
  const lock = LOCKS.get(menus) ?? new Mutex();
  LOCKS.set(menus, lock);
  const { outcome } = await lock.run(signal, async () => {
    const command = await start();
    const running = command();
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([settled, nextTurn()]);
    return { outcome: running };
  });
  return outcome;
}

/** Lets timers, sockets and other sessions run. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
