/** Run by `make e2e-kube`: bad days of nodes, with the real controllers. The sightings' distance is shortened. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { CLEAR_AFTER_SECONDS, Cluster } from '../rig/cluster.ts';
import { eventually } from '../rig/eventually.ts';

/** Two sightings, and what the rounds around them may take. */
const CLEARED_MS = CLEAR_AFTER_SECONDS * 1000 + 30_000;
const OUT_OF_SERVICE = {
  key: 'node.kubernetes.io/out-of-service',
  value: 'nodeshutdown',
  effect: 'NoExecute',
};

let cluster: Cluster;
let serial = 0;

beforeAll(async () => {
  cluster = await Cluster.start({
    settings: {
      DELETE_ATTACHMENTS_OF_LOST_NODES: 'true',
      LOST_NODE_SECONDS: String(CLEAR_AFTER_SECONDS),
    },
  });
}, 300_000);

afterAll(() => cluster?.stop(), 60_000);

/** Every test has its own claim, and both nodes in good health. */
let claim: string;
beforeEach(async () => {
  claim = `claim-${serial++}`;
  for (const node of ['node-a', 'node-b']) await cluster.objects.node(node);
});

/** The claim's volume in use on a node. @returns its NQN */
async function used(pod: string, node: string, graceSeconds = 0): Promise<string> {
  const { objects, looks } = cluster;
  await objects.claim(claim);
  await eventually('it is bound', () => looks.bound([claim]));
  return placed(pod, node, graceSeconds);
}

async function placed(pod: string, node: string, graceSeconds = 0): Promise<string> {
  const { objects, looks } = cluster;
  await objects.pod(pod, node, [claim], graceSeconds);
  await eventually('it is attached', () => looks.attached(1));
  const nqn = await looks.nqnOf(claim);
  if (!nqn) throw new Error(`${claim} is not exported`);
  return nqn;
}

async function deleted(pods: readonly string[]): Promise<void> {
  const { objects, looks } = cluster;
  for (const pod of pods) await objects.remove.pod(pod);
  await eventually('nothing is attached', () => looks.none('attachments'));
  await objects.remove.claim(claim);
  await eventually('the appliance is empty', () => looks.empty());
}

const eventsOf = async (reason: string): Promise<number> =>
  (await cluster.objects.list.events()).filter((event) => (event as { reason?: string }).reason === reason)
    .length;

describe('a node', () => {
  test('that is not ready, and ready again, keeps its volumes as they are', async () => {
    const before = await used('steady', 'node-a');
    await cluster.objects.ready('node-a', false);
    await cluster.roundsPass(2 * CLEAR_AFTER_SECONDS);
    expect(await cluster.looks.nqnOf(claim)).toBe(before);
    await cluster.objects.ready('node-a', true);
    await cluster.roundsPass(2);
    expect(await cluster.looks.nqnOf(claim)).toBe(before);
    expect(await cluster.looks.attached(1)).toBe(true);
    await deleted(['steady']);
  }, 180_000);

  test('that is out of service is fenced, and its volume attached elsewhere: the old epoch is refused', async () => {
    const { objects, looks, appliance } = cluster;
    const old = await used('stranded', 'node-a', 30);
    const port = await portOf();
    expect(await appliance.refusal(old, port)).toBeNull();
    await objects.ready('node-a', false);
    await objects.taint('node-a', [OUT_OF_SERVICE]);
    // It is evicted for the taint, then taken off by the garbage collector of pods, which looks every 20 s.
    await eventually('the pod is gone', () => looks.none('pods'), 90_000);
    await eventually('it is detached', () => looks.none('attachments'));
    const fresh = await placed('rescued', 'node-b');
    expect(fresh).not.toBe(old);
    expect(await appliance.refusal(old, port)).toBe('subsystem unknown');
    expect(await appliance.refusal(fresh, port)).toBeNull();
    await eventually('people are told', async () => (await eventsOf('OutOfServiceSeen')) > 0);
    await objects.taint('node-a', []);
    await deleted(['rescued']);
  }, 240_000);

  // Kubernetes itself waits six minutes here: nobody tells any more that the volume is unmounted.
  test('that is deleted with its pods lets go of its volumes soon, where that is asked for', async () => {
    const { objects, looks } = cluster;
    await used('doomed', 'node-b');
    await objects.remove.node('node-b');
    await objects.remove.registration('node-b');
    await objects.remove.pod('doomed');
    await eventually('it is stopped', async () => (await looks.exported()).size === 0, CLEARED_MS);
    await eventually('people are told', async () => (await eventsOf('StaleAttachmentDeleted')) > 0);
    await deleted([]);
  }, 120_000);

  test('that is deleted, and its attachments torn off by hand, leaves no publication behind', async () => {
    const { objects, looks } = cluster;
    await used('torn', 'node-b');
    // What people do when a detachment hangs: the attacher never hears of it.
    await objects.remove.node('node-b');
    await objects.remove.registration('node-b');
    const attacher = cluster.controllers.get('csi-attacher');
    attacher?.pause();
    for (const { metadata } of await objects.list.attachments()) {
      await objects.remove.attachment(metadata.name);
      await objects.tearOff(metadata.name);
    }
    expect((await looks.exported()).size).toBe(1);
    const took = await eventually(
      'it is cleared',
      async () => (await looks.exported()).size === 0,
      CLEARED_MS,
    );
    expect(took).toBeGreaterThan(CLEAR_AFTER_SECONDS * 1000);
    await eventually('people are told', async () => (await eventsOf('StalePublicationCleared')) > 0);
    attacher?.resume();
    await deleted(['torn']);
  }, 180_000);
});

async function portOf(): Promise<number> {
  const slot = await cluster.looks.slotOf(claim);
  const { disks } = await cluster.appliance.state();
  return Number(disks.find(({ settings }) => settings.slot === slot)?.settings.nvmePort);
}
