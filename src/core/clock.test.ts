import { expect, test } from 'bun:test';
import { SystemClock } from './clock.ts';

const clock = new SystemClock();

test('the wall clock is that of the system, and the monotonic one never goes back', () => {
  const before = Date.now();
  const now = clock.now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
  const times = Array.from({ length: 100 }, () => clock.monotonic());
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('a sleep lasts as long as it is asked to', async () => {
  const start = clock.monotonic();
  await clock.sleep(20, new AbortController().signal);
  // Timers may fire within the millisecond before.
  expect(clock.monotonic() - start).toBeGreaterThanOrEqual(19);
});

test('a sleep ends with the reason as soon as its signal aborts', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const slept = clock.sleep(3_600_000, controller.signal).catch((error: unknown) => error);
  controller.abort(reason);
  expect(await slept).toBe(reason);
});

test('a sleep does not begin under an aborted signal', async () => {
  const reason = new Error('too late');
  const slept = clock.sleep(0, AbortSignal.abort(reason)).catch((error: unknown) => error);
  expect(await slept).toBe(reason);
});

test('an abort after the sleep changes nothing', async () => {
  const controller = new AbortController();
  const slept = clock.sleep(1, controller.signal);
  expect(await slept).toBeUndefined();
  controller.abort(new Error('nobody listens'));
  expect(await slept).toBeUndefined();
});
