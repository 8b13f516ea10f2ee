import { expect, test } from 'bun:test';
import type { Clock } from '../../core/clock.ts';
import { poll } from './poll.ts';

/** Time passes in sleeps alone. */
function sleeper(): Clock & { readonly pauses: number[] } {
  const pauses: number[] = [];
  const total = () => pauses.reduce((sum, pause) => sum + pause, 0);
  return {
    pauses,
    now: total,
    monotonic: total,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      pauses.push(ms);
    },
  };
}
const signal = new AbortController().signal;

test('what is there at once is not waited for, and what comes soon is seen soon', async () => {
  for (const [looks, pauses] of [
    [1, []],
    [2, [1]],
    [7, [1, 2, 4, 8, 16, 20]],
  ] as const) {
    const clock = sleeper();
    let done = 0;
    const look = async () => {
      done += 1;
      return done === looks ? 'there' : undefined;
    };
    expect(await poll(look, { clock, limitMs: 10_000, signal })).toBe('there');
    expect(clock.pauses).toEqual([...pauses]);
  }
});

test('what does not come is given up at the limit, after a last look', async () => {
  const clock = sleeper();
  expect(await poll(async () => undefined, { clock, limitMs: 100, signal })).toBeUndefined();
  expect(clock.monotonic()).toBeGreaterThanOrEqual(100);
  expect(clock.monotonic()).toBeLessThan(120);
});

test('an abort ends the waiting', async () => {
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  const waited = poll(async () => undefined, { clock: sleeper(), limitMs: 100, signal: stop.signal });
  await expect(waited).rejects.toThrow('stopped');
});
