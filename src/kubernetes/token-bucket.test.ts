import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { TokenBucket } from './token-bucket.ts';

const { signal } = new AbortController();

describe('the token bucket', () => {
  test('lets a burst through, then one after the other', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, { perSecond: 10, burst: 3 });
    let passed = 0;
    const all = Array.from({ length: 5 }, () => bucket.take(signal).then(() => passed++));
    await Promise.all(all.slice(0, 3));
    expect(passed).toBe(3);
    clock.advance(100);
    await all[3];
    expect(passed).toBe(4);
    clock.advance(100);
    await all[4];
    expect(passed).toBe(5);
  });

  test('ends a wait with the signal', async () => {
    const bucket = new TokenBucket(new ManualClock(), { perSecond: 1, burst: 1 });
    const stop = new AbortController();
    await bucket.take(stop.signal);
    const waiting = bucket.take(stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  test('never gives more than the burst and the rate allow', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 100 }), (pauses) => {
        const clock = new ManualClock();
        const bucket = new TokenBucket(clock, { perSecond: 2, burst: 5 });
        let given = 0;
        for (const pause of pauses) {
          clock.advance(pause);
          if (bucket.tryTake()) given += 1;
          expect(given).toBeLessThanOrEqual(5 + (clock.monotonic() / 1000) * 2 + 1);
        }
      }),
    );
  });
});
