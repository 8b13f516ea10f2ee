import { describe, expect, test } from 'bun:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { withTimeout } from './with-timeout.ts';

const never = () => new Promise<never>(() => undefined);
const late = () => new Error('late');

describe('a task with a timeout', () => {
  test('gives its value, and leaves no timer behind', async () => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    expect(await withTimeout(clock, 1000, signal, late, async () => 7)).toBe(7);
    expect(clock.sleeping).toBe(0);
  });

  test('is not waited for when its time is over, and is told', async () => {
    const clock = new ManualClock();
    let seen: AbortSignal | undefined;
    const task = withTimeout(clock, 1000, new AbortController().signal, late, (signal) => {
      seen = signal;
      return never();
    });
    clock.advance(1000);
    await expect(task).rejects.toThrow('late');
    expect(seen?.aborted).toBe(true);
  });

  test('is not waited for when its caller gives up', async () => {
    const clock = new ManualClock();
    const parent = new AbortController();
    const task = withTimeout(clock, 1000, parent.signal, late, never);
    parent.abort(new Error('cancelled'));
    await expect(task).rejects.toThrow('cancelled');
    expect(clock.sleeping).toBe(0);
  });

  test('does not begin for a caller that is gone already', async () => {
    let begun = false;
    const task = withTimeout(
      new ManualClock(),
      1000,
      AbortSignal.abort(new Error('gone')),
      late,
      async () => {
        begun = true;
      },
    );
    await expect(task).rejects.toThrow('gone');
    expect(begun).toBe(false);
  });
});
