import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { attachmentName } from '../../src/core/reconcile/attachment-name.ts';
import { FakeApiServer } from '../support/kube/fake-api-server.ts';
import { until } from '../support/until.ts';

const MAIN = `${import.meta.dir}/../../src/main.ts`;
const DRIVER = 'rose-csi.io';
const NODES = '/api/v1/nodes';
const CSI_NODES = '/apis/storage.k8s.io/v1/csinodes';
const ATTACHMENTS = '/apis/storage.k8s.io/v1/volumeattachments';
const VOLUMES = '/api/v1/persistentvolumes';
const EVENTS = '/api/v1/events';
const LEASES = '/apis/coordination.k8s.io/v1/leases';
const block = { accessType: { $case: 'block', block: {} }, accessMode: { mode: 1 } } as never;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function rig(settings: Record<string, string> = {}) {
  const api = await FakeApiServer.start();
  closers.push(() => api.down());
  api.store.put('/api/v1/namespaces', { metadata: { name: 'kube-system', uid: 'uid-of-this-cluster' } });
  const folder = await mkdtemp(`${tmpdir()}/rose-csi-kube-`);
  closers.push(() => rm(folder, { recursive: true }));
  await Bun.write(`${folder}/kubeconfig`, api.kubeconfig());
  const start = async () => {
    const driver = await DriverProcess.start({
      command: [process.execPath, MAIN],
      folder,
      settings: {
        CSI_MODE: 'controller',
        MOCK_DATA_DIR: 'memory',
        KUBERNETES: 'on',
        KUBECONFIG: `${folder}/kubeconfig`,
        CLEAR_AFTER_SECONDS: '1',
        RECONCILE_SECONDS: '1',
        ...settings,
      },
      timeoutMs: 10_000,
    });
    closers.push(() => driver.stop());
    return driver;
  };
  return { api, folder, driver: await start() };
}

type Rig = Awaited<ReturnType<typeof rig>>;

function addNode({ api }: Rig, name: string, change: object = {}): void {
  api.store.put(CSI_NODES, { metadata: { name }, spec: { drivers: [{ name: DRIVER, nodeID: name }] } });
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  api.store.put(NODES, { metadata: { name }, spec: {}, status: ready, ...change });
}

/** Provisioned and attached, as the sidecars do it. */
async function attached({ api, driver }: Rig, pvc: string, node: string): Promise<string> {
  const request = {
    name: pvc,
    volumeCapabilities: [block],
    parameters: {},
    secrets: {},
    mutableParameters: {},
  };
  const made = await driver.client.controller.createVolume(request as never);
  const volumeId = made.volume?.volumeId ?? '';
  const csi = { driver: DRIVER, volumeHandle: volumeId };
  const claimRef = { namespace: 'default', name: pvc, uid: `uid-${pvc}` };
  api.store.put(VOLUMES, { metadata: { name: `pv-${pvc}` }, spec: { csi, claimRef } });
  api.store.put(ATTACHMENTS, {
    metadata: {
      name: attachmentName(volumeId, DRIVER, node),
      annotations: { 'csi.alpha.kubernetes.io/node-id': node },
    },
    spec: { attacher: DRIVER, nodeName: node, source: { persistentVolumeName: `pv-${pvc}` } },
  });
  const publish = {
    volumeId,
    nodeId: node,
    volumeCapability: block,
    readonly: false,
    secrets: {},
    volumeContext: {},
  };
  await driver.client.controller.controllerPublishVolume(publish);
  return volumeId;
}

async function holders({ driver }: Rig, volumeId: string): Promise<string[]> {
  const { entries } = await driver.client.controller.listVolumes({ maxEntries: 0, startingToken: '' });
  return entries.find(({ volume }) => volume?.volumeId === volumeId)?.status?.publishedNodeIds ?? [];
}

async function eventually(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await Bun.sleep(50);
  }
}

describe('a controller that watches its cluster', () => {
  test('clears what a deleted node has left behind, says so on the claim, and leaves the others alone', async () => {
    const given = await rig();
    const { api } = given;
    addNode(given, 'gone');
    addNode(given, 'stays');
    const left = await attached(given, 'left', 'gone');
    const kept = await attached(given, 'kept', 'stays');
    await until('it leads', () => api.store.list(LEASES).length === 1);
    await api.watched(4);
    // The objects go without a detachment, as when somebody removes finalizers.
    api.store.remove(ATTACHMENTS, attachmentName(left, DRIVER, 'gone'));
    api.store.remove(CSI_NODES, 'gone');
    api.store.remove(NODES, 'gone');
    await eventually('it is cleared', async () => (await holders(given, left)).length === 0);
    expect(await holders(given, kept)).toEqual(['stays']);
    const events = () =>
      api.store.list(EVENTS).map(({ involvedObject, reason }) => ({ involvedObject, reason }));
    await until('the events', () => events().length === 2);
    expect(events()).toContainEqual({
      involvedObject: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace: 'default',
        name: 'left',
        uid: 'uid-left',
      },
      reason: 'StalePublicationCleared',
    });
  }, 30_000);

  test('decides nothing while the API server is away, and serves calls all the same', async () => {
    const given = await rig();
    addNode(given, 'a');
    const volume = await attached(given, 'one', 'a');
    await given.api.watched(4);
    given.api.store.remove(ATTACHMENTS, attachmentName(volume, DRIVER, 'a'));
    await given.api.down();
    await eventually('it has looked in vain', async () => {
      const log = await Bun.file(`${given.folder}/driver.log`).text();
      return log.split('could not look, so nothing was decided').length > 2;
    });
    expect(await holders(given, volume)).toEqual(['a']);
    given.api.up();
    given.api.store.remove(NODES, 'a');
    await eventually('it is cleared', async () => (await holders(given, volume)).length === 0);
  }, 30_000);

  test('takes the startup taint off a node once the driver is registered there', async () => {
    const given = await rig();
    const { api } = given;
    const taints = [
      { key: 'mine', effect: 'NoSchedule' },
      { key: 'rose-csi.io/agent-not-ready', effect: 'NoExecute' },
    ];
    addNode(given, 'early', { spec: { taints } });
    api.store.put(NODES, { metadata: { name: 'later' }, spec: { taints } });
    await until('the first is free', () =>
      Bun.deepEquals(api.store.get(NODES, 'early')?.['spec'], { taints: [taints[0]] }),
    );
    expect(api.store.get(NODES, 'later')?.['spec']).toEqual({ taints });
    api.store.put(CSI_NODES, {
      metadata: { name: 'later' },
      spec: { drivers: [{ name: DRIVER, nodeID: 'later' }] },
    });
    await until('the second is free', () =>
      Bun.deepEquals(api.store.get(NODES, 'later')?.['spec'], { taints: [taints[0]] }),
    );
  }, 30_000);

  test('an attachment that fails is told at the volume, at its claim, and at the VolumeAttachment', async () => {
    const given = await rig();
    const { api, driver } = given;
    for (const name of ['has-it', 'wants-it']) addNode(given, name);
    const volumeId = await attached(given, 'taken', 'has-it');
    const name = attachmentName(volumeId, DRIVER, 'wants-it');
    api.store.put(ATTACHMENTS, {
      metadata: { name },
      spec: { attacher: DRIVER, nodeName: 'wants-it', source: { persistentVolumeName: 'pv-taken' } },
    });
    await api.watched(4);
    const request = { volumeId, nodeId: 'wants-it', volumeCapability: block, readonly: false };
    const failing = () =>
      driver.client.controller
        .controllerPublishVolume({ ...request, secrets: {}, volumeContext: {} })
        .then(() => 'attached')
        .catch(() => 'failed');
    const about = () =>
      api.store
        .list(EVENTS)
        .filter(({ reason }) => reason === 'AttachFailed')
        .map(({ involvedObject }) => (involvedObject as { kind: string }).kind);
    // Until the caches have the objects.
    await eventually('the events', async () => {
      expect(await failing()).toBe('failed');
      return new Set(about()).size === 3;
    });
    expect(new Set(about())).toEqual(
      new Set(['PersistentVolume', 'PersistentVolumeClaim', 'VolumeAttachment']),
    );
  }, 30_000);

  test('gives its lease up at the end', async () => {
    const given = await rig();
    const holder = () =>
      (given.api.store.list(LEASES)[0]?.['spec'] as { holderIdentity?: string })?.holderIdentity;
    await until('it leads', () => Boolean(holder()));
    expect(await given.driver.stop()).toBe(0);
    expect(holder()).toBe('');
  }, 30_000);
});
