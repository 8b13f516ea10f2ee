import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { FaultCase } from './fault-case.ts';
import { SCENARIOS } from './scenarios.ts';
import { sweep } from './sweep.ts';
import { World } from './world.ts';

/** One case in so many; `make faults` has them all. */
const SAMPLE = 17;

let world: World;

beforeAll(async () => {
  world = await World.open();
});

afterAll(() => world.close());

const sampled = (_: FaultCase, at: number): boolean => at % SAMPLE === 0;

for (const scenario of SCENARIOS) {
  test(`${scenario.title}: a sample of faults, each followed by a retry, ends well`, async () => {
    const { failures, cases } = await sweep(world, scenario, { pick: sampled });
    expect(failures).toEqual([]);
    expect(cases).toBeGreaterThan(0);
  }, 60_000);
}
