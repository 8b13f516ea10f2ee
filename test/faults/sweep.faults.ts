/**
 * `make faults`: every fault at every point of every operation, thousands of cases in minutes. `sweep.test.ts` has a
 * quick look at each operation.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { SCENARIOS } from './scenarios.ts';
import { sweep, type Tally } from './sweep.ts';
import { World } from './world.ts';

const tallies: Tally[] = [];
const startedAt = performance.now();
let world: World;

beforeAll(async () => {
  world = await World.open();
});

afterAll(async () => {
  await world.close();
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(
    `faults: ${sum(({ cases }) => cases)} cases in ${SCENARIOS.length} operations, ` +
      `${sum(({ succeeded }) => succeeded)} of them no obstacle, ${sum(({ missed }) => missed)} met nothing, ` +
      `${sum(({ failures }) => failures.length)} wrong, ${seconds} s\n`,
  );
});

for (const scenario of SCENARIOS) {
  test(`${scenario.title}: whatever fails, a retry ends well`, async () => {
    const tally = await sweep(world, scenario);
    tallies.push(tally);
    expect(tally.failures).toEqual([]);
  }, 600_000);
}
