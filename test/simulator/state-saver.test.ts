import { expect, test } from 'bun:test';
import { StateSaver } from './state-saver.ts';

/** A saver whose saves end when the test says so, and what each saw. */
function slowSaver() {
  const state = { value: 0 };
  const saved: number[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const saver = new StateSaver(async () => {
    saved.push(state.value);
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
  });
  return { state, saved, gates, saver };
}

test('whoever asks while a save runs shares one more, which sees what they changed', async () => {
  const { state, saved, gates, saver } = slowSaver();
  const first = saver.save();
  state.value = 1;
  const second = saver.save();
  state.value = 2;
  const third = saver.save();
  expect(saved).toEqual([0]);
  gates[0]?.resolve();
  await first;
  await Promise.resolve();
  gates[1]?.resolve();
  await Promise.all([second, third]);
  expect(saved).toEqual([0, 2]);
});

test('a save that fails fails for those who asked, and the next one is tried', async () => {
  let works = false;
  const saver = new StateSaver(async () => {
    if (!works) throw new Error('no space');
  });
  await expect(saver.save()).rejects.toThrow('no space');
  works = true;
  await saver.save();
});
