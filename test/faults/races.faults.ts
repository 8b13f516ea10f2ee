/** A part of `make faults`: the races of `races.test.ts`, with the late script held before each of its statements. */
import { afterAll, beforeAll, test } from 'bun:test';
import type { RouterosBackend } from '../../src/backends/routeros/routeros-backend.ts';
import { raceEverywhere } from './race.ts';
import { RACES } from './races.ts';
import { UNGUARDED, World } from './world.ts';

let world: World;
let other: RouterosBackend;
let cases = 0;

beforeAll(async () => {
  world = await World.open({ assumptions: UNGUARDED });
  other = await world.replica();
});

afterAll(async () => {
  await world.close();
  process.stdout.write(`faults: ${cases} interleavings of two replicas in ${RACES.length} races\n`);
});

for (const race of RACES) {
  test(`${race.title} takes nothing from it, wherever it was held`, async () => {
    cases += await raceEverywhere(world, other, race, false);
  }, 300_000);
}
