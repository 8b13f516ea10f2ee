import { afterAll, beforeAll, test } from 'bun:test';
import type { RouterosBackend } from '../../src/backends/routeros/routeros-backend.ts';
import { raceEverywhere } from './race.ts';
import { RACES } from './races.ts';
import { World } from './world.ts';

let world: World;
let other: RouterosBackend;

beforeAll(async () => {
  // The appliance itself protects nothing: what a script asks for is done.
  world = await World.open({
    assumptions: { removeUsedFile: 'done', removeUsedSubvolume: 'done', shrink: 'done' },
  });
  other = await world.replica();
});

afterAll(() => world.close());

for (const race of RACES) {
  test(`${race.title} takes nothing from it, wherever it was held before a write`, async () => {
    await raceEverywhere(world, other, race, true);
  }, 60_000);
}
