import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiB } from '../../../src/core/bytes.ts';
import { Appliance } from '../support/appliance.ts';
import { Node, type NodeVolume } from '../support/node.ts';
import { untilSucceeds } from '../support/patience.ts';
import { statesOf, subsystems } from '../support/subsystems.ts';

const ROUNDS = 10;
/** A blank volume, so that kills fall into its format too. */
const ROUNDS_A_VOLUME = 3;

const appliance = new Appliance();
let node: Node;
beforeAll(async () => {
  node = await Node.start();
});
afterAll(async () => {
  await node.stop();
  expect(subsystems()).toEqual([]);
});

test('a driver that is killed at any point of stage and unstage goes on where it was', async () => {
  let used = node.use(appliance.newVolume(64n * MiB));
  const stageMs = await duration(() => used.stage());
  const unstageMs = await duration(() => used.unstage());
  for (let round = 0; round < ROUNDS; round++) {
    if (round % ROUNDS_A_VOLUME === 0) used = node.use(appliance.newVolume(64n * MiB));
    await killedAt(stageMs * Math.random(), () => used.stage());
    expectStagedOnce(used);
    expectData(used, round);
    await killedAt(unstageMs * Math.random(), () => used.unstage());
    expect(used.mounts()).toEqual([]);
    expect(statesOf(used.volume.target.nqn)).toEqual([]);
  }
});

/** Kills the driver after a time, starts another, and calls again, as kubelet does. */
async function killedAt(delayMs: number, call: () => Promise<unknown>): Promise<void> {
  const first = call().catch(() => undefined);
  await Bun.sleep(delayMs);
  node.kill();
  await first;
  await node.restart();
  process.stdout.write(`  killed after ${Math.round(delayMs)} ms: ${subsystems().length} connected\n`);
  // A program that the killed driver had begun may still hold the device for a moment.
  await untilSucceeds(call);
}

function expectStagedOnce(used: NodeVolume): void {
  expect(used.mounts()).toHaveLength(1);
  expect(statesOf(used.volume.target.nqn)).toEqual(['live']);
}

/** Written in a volume's first round, there in all the others. */
function expectData(used: NodeVolume, round: number): void {
  const path = join(used.staging, 'data');
  if (round % ROUNDS_A_VOLUME === 0) writeFileSync(path, used.volume.id);
  else expect(readFileSync(path, 'utf8')).toBe(used.volume.id);
}

async function duration(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
