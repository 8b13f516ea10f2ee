import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiB } from '../../../src/core/bytes.ts';
import { Appliance } from '../support/appliance.ts';
import { Node, type NodeVolume } from '../support/node.ts';
import { subsystems } from '../support/subsystems.ts';

const VOLUMES = 50;
const AT_A_TIME = 10;

const appliance = new Appliance();
let node: Node;
beforeAll(async () => {
  node = await Node.start();
});
afterAll(async () => {
  await node.stop();
  expect(subsystems()).toEqual([]);
});

test('50 volumes on one node, 10 at a time, keep their data apart', async () => {
  const volumes = Array.from({ length: VOLUMES }, () => node.use(appliance.newVolume(64n * MiB)));
  await timed('staged', () => tenAtATime(volumes, (used) => used.stage()));
  expect(new Set(volumes.map((used) => used.device())).size).toBe(VOLUMES);
  for (const used of volumes) writeFileSync(join(used.staging, 'name'), used.volume.id);
  await timed('unstaged', () => tenAtATime(volumes, (used) => used.unstage()));
  expect(subsystems()).toEqual([]);
  const backwards = volumes.toReversed();
  await timed('staged again', () => tenAtATime(backwards, (used) => used.stage()));
  for (const used of volumes) expect(readFileSync(join(used.staging, 'name'), 'utf8')).toBe(used.volume.id);
  await timed('unstaged again', () => tenAtATime(backwards, (used) => used.unstage()));
});

async function tenAtATime(volumes: readonly NodeVolume[], call: (used: NodeVolume) => Promise<unknown>) {
  const rest = [...volumes];
  const worker = async () => {
    for (let used = rest.shift(); used; used = rest.shift()) await call(used);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  await work();
  const each = Math.round((performance.now() - started) / VOLUMES);
  process.stdout.write(`  ${VOLUMES} ${what}: ${each} ms each\n`);
}
