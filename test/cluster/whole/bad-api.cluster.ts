/** Run by `make e2e-kube`: bad days of the API server and of what it has on record, with the real controllers. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { PATHS } from '../../../src/kubernetes/live-cluster.ts';
import { CLEAR_AFTER_SECONDS, Cluster } from '../rig/cluster.ts';
import { eventually } from '../rig/eventually.ts';
import { DRIVER } from '../rig/objects.ts';
import { withoutLease } from '../rig/requests.ts';

const STALE = 500;
const GONE_SECONDS = 3;
/** Volumes that are made, again and again, while it is away. */
const CALLS = 40;
/** How long it is away, for longer than two sightings are apart; `make soak` has two minutes. */
const OUTAGE_MS = 1000 * Math.max(Number(process.env['OUTAGE_SECONDS'] ?? 0), 2 * CLEAR_AFTER_SECONDS);

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({
    settings: {
      DELETE_ATTACHMENTS_OF_LOST_NODES: 'true',
      LOST_NODE_SECONDS: String(GONE_SECONDS),
    },
  });
}, 300_000);

afterAll(() => cluster?.stop(), 60_000);

describe('the API server', () => {
  test(`is away for ${OUTAGE_MS / 1000} s: calls are served, nobody reconciles, and afterwards what is due is done`, async () => {
    const { objects, looks, csi, plane, controllers } = cluster;
    await objects.claim('dark');
    await eventually('it is bound', () => looks.bound(['dark']));
    await objects.pod('user', 'node-a', ['dark']);
    await eventually('it is attached', () => looks.attached(1));
    const before = await looks.nqnOf('dark');
    const slot = await looks.slotOf('dark');
    // Its attachment is torn off, and in the same moment nobody can be asked about it any more.
    const attacher = controllers.get('csi-attacher');
    attacher?.pause();
    // Nobody is to attach it anew: the controller manager that starts again after a long outage would, for a pod.
    await objects.remove.pod('user');
    const [attachment] = await objects.list.attachments();
    const name = attachment?.metadata.name ?? '';
    await objects.remove.attachment(name);
    await objects.tearOff(name);
    await plane.apiServerDown();
    await eventually('it is seen', async () => (await cluster.metric('rose_csi_kubernetes_synced')) === 0);
    await eventually('nobody leads', async () => (await cluster.metric('rose_csi_leader')) === 0);

    const rounds = await cluster.rounds();
    const begun = performance.now();
    let calls = 0;
    while (calls < CALLS || performance.now() - begun < OUTAGE_MS) {
      const { volume } = await csi.controller.createVolume(request(`dark-${calls % CALLS}`));
      expect(volume?.volumeId).toBeString();
      calls += 1;
    }
    for (let at = 0; at < CALLS; at += 1) {
      const { volume } = await csi.controller.createVolume(request(`dark-${at}`));
      await csi.controller.deleteVolume({ volumeId: volume?.volumeId ?? '', secrets: {} });
    }
    expect(await cluster.rounds()).toBe(rounds);
    expect((await looks.exported()).get(slot)).toBe(before);

    await plane.apiServerUp();
    // Watches are tried again every 30 s at the longest.
    await eventually('it is cleared', async () => !(await looks.exported()).has(slot), 120_000);
    attacher?.resume();
    await objects.remove.claim('dark');
    await eventually('the appliance is empty', () => looks.empty(), 120_000);
  }, 900_000);

  test(`has ${STALE} attachments of a node that is gone, at the controller's start: they go in bounded time, without a storm`, async () => {
    const { objects, plane, driver, controllers } = cluster;
    // As an attacher that has died leaves them; alive it would try each of them again and again.
    const attacher = controllers.get('csi-attacher');
    attacher?.pause();
    // And as a controller finds them that was away meanwhile.
    driver.pause();
    for (let at = 0; at < STALE; at += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, more) => stale(at + more)));
    }
    driver.kill();
    let took = 0;
    const counts = await plane.requests.during(async () => {
      took = await eventually(
        'they are gone',
        async () => {
          const { length } = await objects.list.attachments();
          return length === 0 || length;
        },
        300_000,
      );
    });
    process.stderr.write(
      `${STALE} stale attachments: ${(took / 1000).toFixed(1)} s, ${JSON.stringify(Object.fromEntries(counts))}\n`,
    );
    attacher?.resume();
    expect(counts.get('delete volumeattachments')).toBe(STALE);
    // The node is asked for once before each; the rest are events, and a look at the cluster for every twenty.
    expect(withoutLease(counts)).toBeLessThan(4 * STALE);
  }, 600_000);
});

const request = (name: string) =>
  ({
    name,
    capacityRange: { requiredBytes: 1n << 20n, limitBytes: 0n },
    volumeCapabilities: [{ accessType: { $case: 'block', block: {} }, accessMode: { mode: 1 } }],
    parameters: {},
    secrets: {},
    mutableParameters: {},
  }) as never;

/** An attachment on record, as they stay behind when an attacher has died for good. */
async function stale(at: number): Promise<void> {
  const { objects } = cluster;
  const volume = `stale-${at}`;
  await objects.make(PATHS.persistentVolumes, {
    kind: 'PersistentVolume',
    metadata: { name: volume },
    spec: {
      capacity: { storage: '1Mi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      csi: { driver: DRIVER, volumeHandle: `rds/${volume}` },
      claimRef: { namespace: 'default', name: volume, uid: `uid-${volume}` },
    },
  });
  await objects.make(PATHS.attachments, {
    kind: 'VolumeAttachment',
    metadata: { name: volume },
    spec: { attacher: DRIVER, nodeName: 'vanished', source: { persistentVolumeName: volume } },
  });
}
