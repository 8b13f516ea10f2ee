import { afterAll, beforeAll, test } from 'bun:test';
import type { RouterosBackend } from '../../src/backends/routeros/routeros-backend.ts';
import { raceEverywhere } from './race.ts';
import { RACES } from './races.ts';
import { UNGUARDED, World } from './world.ts';

let world: World;
let other: RouterosBackend;

beforeAll(async () => {
  world = await World.open({ assumptions: UNGUARDED });
  other = await world.replica();
});

afterAll(() => world.close());

for (const race of RACES) {
  test(`${race.title} takes nothing from it, wherever it was held before a write`, async () => {
    await raceEverywhere(world, other, race, true);
  }, 60_000);
}
