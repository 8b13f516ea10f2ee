/** Run by `make e2e-kube`: two clusters share an appliance, and one of them is rebuilt from nothing. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { SimulatorProcess } from '../../support/simulator-process.ts';
import { CLEAR_AFTER_SECONDS, Cluster, startAppliance } from '../rig/cluster.ts';
import { eventually } from '../rig/eventually.ts';

/** As sharp as it can be set: what is not touched then is never touched. */
const settings = { ORPHANS: 'delete', ORPHAN_SECONDS: '2' };

let folder: string;
let appliance: SimulatorProcess;
const running: Cluster[] = [];

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/rose-csi-shared-`);
  appliance = await startAppliance(folder);
}, 60_000);

afterAll(async () => {
  for (const cluster of running) await cluster.stop();
  await appliance?.stop();
  await rm(folder, { recursive: true });
}, 120_000);

async function begin(): Promise<Cluster> {
  const cluster = await Cluster.start({ settings, appliance });
  running.push(cluster);
  return cluster;
}

/** One volume in use, and one that no node has had yet. Names are the same in every cluster. */
async function fill({ objects, looks }: Cluster): Promise<void> {
  for (const claim of ['used', 'fresh']) await objects.claim(claim);
  await eventually('both are bound', () => looks.bound(['used', 'fresh']));
  await objects.pod('user', 'node-a', ['used']);
  await eventually('it is attached', () => looks.attached(1));
}

/** Long enough for sightings that are far enough apart, and for what would follow them. */
const orphansLooked = (cluster: Cluster) =>
  eventually('orphans are looked for', async () => {
    const rounds = await cluster.metric(
      'rose_csi_reconcile_round_seconds_count{reconciler="orphans",outcome="done"}',
    );
    return rounds >= 3 || rounds;
  });

const disks = async () => (await appliance.state()).disks;

test('neither touches what is the other’s, and one that is rebuilt from nothing touches nothing of its former self', async () => {
  const one = await begin();
  const two = await begin();
  await Promise.all([fill(one), fill(two)]);
  await Promise.all([orphansLooked(one), orphansLooked(two)]);
  const before = await disks();
  expect(before).toHaveLength(4);

  await two.stop();
  running.splice(running.indexOf(two), 1);
  const rebuilt = await begin();
  await rebuilt.roundsPass(2 * CLEAR_AFTER_SECONDS);
  await orphansLooked(rebuilt);
  expect(await disks()).toEqual(before);

  // It works beside them, under the same names.
  await fill(rebuilt);
  expect(await disks()).toHaveLength(6);
  for (const cluster of [one, rebuilt]) {
    const { objects, looks } = cluster;
    await objects.remove.pod('user');
    await eventually('it is detached', () => looks.attached(0));
    for (const claim of ['used', 'fresh']) await objects.remove.claim(claim);
    await eventually('its volumes are gone', () => looks.none('volumes'));
  }
  // What is left is the former self's, as it was when it was last seen.
  const left = await disks();
  expect(left).toHaveLength(2);
  expect(before).toEqual(expect.arrayContaining(left));
}, 600_000);
