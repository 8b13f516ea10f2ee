import { expect, test } from 'bun:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { until } from '../../../../test/support/until.ts';
import { untilSilent } from './heartbeat.ts';
import { LifeSigns } from './life-signs.ts';

function watched() {
  const clock = new ManualClock();
  const signs = new LifeSigns(clock);
  const stop = new AbortController();
  const seen: { asked: number; silence?: number } = { asked: 0 };
  const stimulate = () => {
    seen.asked++;
  };
  const parts = { clock, signs, probeAfterMs: 5000, probeTimeoutMs: 8000, stimulate };
  const end = untilSilent(parts, stop.signal).then((ms) => {
    seen.silence = ms;
  });
  return { clock, signs, stop, seen, end };
}

test('nobody is asked while bytes come', async () => {
  const { clock, signs, seen } = watched();
  for (let i = 0; i < 10; i++) {
    clock.advance(4000);
    signs.heard();
    await until('it sleeps', () => clock.sleeping === 1);
  }
  expect(seen.asked).toBe(0);
});

test('silence is told after it was asked about in vain', async () => {
  const { clock, seen } = watched();
  clock.advance(5000);
  await until('it asks', () => seen.asked === 1);
  clock.advance(7999);
  await Bun.sleep(1);
  expect(seen.silence).toBeUndefined();
  clock.advance(1);
  await until('it tells', () => seen.silence === 13_000);
});

test('bytes that waited while this process was held up are no silence', async () => {
  const { clock, signs, seen } = watched();
  clock.advance(5000);
  await until('it asks', () => seen.asked === 1);
  clock.advance(60_000);
  queueMicrotask(() => signs.heard());
  await until('it sleeps again', () => clock.sleeping === 1);
  expect(seen.silence).toBeUndefined();
});

test('it ends with its signal, asleep or asking', async () => {
  for (const ms of [0, 5000]) {
    const { clock, stop, seen, end } = watched();
    clock.advance(ms);
    await until('it is there', () => seen.asked === (ms > 0 ? 1 : 0) && clock.sleeping === 1);
    stop.abort(new Error('over'));
    await expect(end).rejects.toThrow('over');
    expect(clock.sleeping).toBe(0);
  }
});
