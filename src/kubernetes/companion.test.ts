import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Registry } from 'prom-client';
import { DRIVER, World } from '../../test/model/world.ts';
import { FakeApiServer } from '../../test/support/kube/fake-api-server.ts';
import { until } from '../../test/support/until.ts';
import { readConfig } from '../config.ts';
import { SystemClock } from '../core/clock.ts';
import { silentLogger } from '../core/observe/logger.ts';
import { attachmentName } from '../core/reconcile/attachment-name.ts';
import type { NodeId } from '../core/storage/volume-id.ts';
import { openCompanion, openKubernetes } from './kubernetes.ts';
import { PATHS } from './live-cluster.ts';
import { clusterUid } from './open-kubernetes.ts';

const EVENTS = '/api/v1/events';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function rig(flags: readonly string[] = []) {
  const api = await FakeApiServer.start();
  closers.push(() => api.down());
  const account = await mkdtemp(`${tmpdir()}/rose-csi-companion-`);
  closers.push(() => rm(account, { recursive: true }));
  const files = { token: 't', 'ca.crt': api.authority.cert, namespace: 'storage' };
  for (const [name, text] of Object.entries(files)) await Bun.write(`${account}/${name}`, text);
  const world = await World.create();
  closers.push(() => world.close());
  const settings = readConfig({ NODE_NAME: 'a', CLEAR_AFTER_SECONDS: '1', RECONCILE_SECONDS: '1' }, flags);
  const registry = new Registry();
  const clock = new SystemClock();
  const common = { clock, logger: silentLogger, random: Math.random, registry };
  const source = { kubeconfig: '', account, host: '127.0.0.1', port: Number(new URL(api.url).port) };
  const kubernetes = await openKubernetes({ ...common, source, userAgent: 'test' });
  const companion = openCompanion({
    ...common,
    settings,
    kubernetes,
    backends: [world.backend],
    locks: { hold: () => () => undefined },
    identity: 'one',
  });
  const start = async () => {
    companion.start();
    closers.push(() => companion.stop());
    await api.watched(4);
  };
  const reasons = () => api.store.list(EVENTS).map(({ reason }) => reason);
  return { api, world, kubernetes, companion, registry, clock, start, reasons };
}

type Rig = Awaited<ReturnType<typeof rig>>;

async function attached({ api, world }: Rig, name: string, node: string) {
  const spec = { name, requiredBytes: 1n << 16n, provisioning: 'thin', compression: false } as const;
  const { id } = await world.backend.createVolume(spec, world.context);
  const claim = { node: node as NodeId, sharing: 'single', readonly: false } as const;
  await world.backend.publishVolume(id, claim, world.context);
  const csi = { driver: DRIVER, volumeHandle: id };
  const claimRef = { namespace: 'default', name, uid: `uid-${name}` };
  api.store.put(PATHS.persistentVolumes, { metadata: { name: `pv-${name}` }, spec: { csi, claimRef } });
  const va = attachmentName(id, DRIVER, node);
  api.store.put(PATHS.attachments, {
    metadata: { name: va, annotations: { 'csi.alpha.kubernetes.io/node-id': node } },
    spec: { attacher: DRIVER, nodeName: node, source: { persistentVolumeName: `pv-${name}` } },
  });
  return { id, va };
}

const node = (name: string, change: object = {}) => ({
  metadata: { name },
  spec: {},
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
  ...change,
});

describe('what goes on beside calls', () => {
  test('a publication without an attachment is cleared, and volume and claim are told', async () => {
    const given = await rig();
    const { api, world, reasons } = given;
    api.store.put(PATHS.nodes, node('n'));
    const { id, va } = await attached(given, 'one', 'n');
    await given.start();
    api.store.remove(PATHS.attachments, va);
    const held = async () => (await world.backend.getVolume(id, world.context))?.publications.length;
    let left = await held();
    const looking = setInterval(() => void held().then((count) => (left = count)), 20);
    await until('it is cleared', () => left === 0);
    clearInterval(looking);
    await until('it is told', () => reasons().length === 2);
    expect(reasons()).toEqual(['StalePublicationCleared', 'StalePublicationCleared']);
  });

  test('attachments of a lost node are deleted only where that is asked for, and no pod is left', async () => {
    const given = await rig(['--delete-attachments-of-lost-nodes=true', '--lost-node-seconds=1']);
    const { api, reasons } = given;
    api.store.put(PATHS.nodes, node('stays'));
    const kept = await attached(given, 'kept', 'stays');
    const gone = await attached(given, 'gone', 'lost');
    const used = await attached(given, 'used', 'lost');
    const volumes = [{ persistentVolumeClaim: { claimName: 'used' } }];
    api.store.put('/api/v1/pods', {
      metadata: { name: 'p', namespace: 'default' },
      spec: { nodeName: 'lost', volumes },
    });
    await given.start();
    await until('it is deleted', () => api.store.get(PATHS.attachments, gone.va) === undefined);
    await until('it is told', () => reasons().includes('StaleAttachmentDeleted'));
    expect(api.store.get(PATHS.attachments, kept.va)).toBeDefined();
    expect(api.store.get(PATHS.attachments, used.va)).toBeDefined();
  });

  test('the appliance that goes and comes back, a node out of service and an orphan are told of', async () => {
    const given = await rig(['--orphans=report', '--orphan-seconds=1', '--pod-name=driver-0']);
    const { api, world, reasons } = given;
    api.store.put(PATHS.nodes, node('n'));
    const spec = {
      name: 'left',
      requiredBytes: 1n << 16n,
      provisioning: 'thin',
      compression: false,
    } as const;
    await world.backend.createVolume(spec, world.context);
    await given.start();
    const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
    api.store.put(PATHS.nodes, node('n', { spec: { taints }, status: {} }));
    await until('the node', () => reasons().includes('OutOfServiceSeen'));
    await until('the orphan', () => reasons().includes('OrphanFound'), 10_000);
    world.backend.disconnect('cut');
    await until('the loss', () => reasons().includes('ApplianceLost'), 10_000);
    world.backend.reconnect();
    await until('the return', () => reasons().includes('ApplianceBack'), 10_000);
    const about = api.store
      .list(EVENTS)
      .map(({ involvedObject }) => (involvedObject as { kind: string }).kind);
    expect(new Set(about)).toEqual(new Set(['Node', 'Pod']));
  }, 30_000);

  test('the startup taint goes where the driver is registered, and nowhere else', async () => {
    const given = await rig();
    const { api } = given;
    const taints = [{ key: 'rose-csi.io/agent-not-ready', effect: 'NoExecute' }];
    for (const name of ['ready', 'waits']) api.store.put(PATHS.nodes, node(name, { spec: { taints } }));
    const drivers = [{ name: DRIVER, nodeID: 'ready' }];
    api.store.put(PATHS.registrations, { metadata: { name: 'ready' }, spec: { drivers } });
    await given.start();
    const left = (name: string) =>
      (api.store.get(PATHS.nodes, name)?.['spec'] as { taints: object[] } | undefined)?.taints.length;
    await until('it is gone', () => left('ready') === 0);
    expect(left('waits')).toBe(1);
  });

  test('the cluster is told by the UID of kube-system, for which the start waits', async () => {
    const { api, kubernetes, clock } = await rig();
    api.store.put('/api/v1/namespaces', { metadata: { name: 'kube-system', uid: 'the-uid' } });
    await api.down();
    const asked = clusterUid(kubernetes.api, clock, AbortSignal.timeout(10_000));
    api.up();
    expect(await asked).toBe('the-uid');
  });

  test('metrics say who leads, and what was asked', async () => {
    const given = await rig();
    await given.start();
    let text = '';
    const looking = setInterval(() => void given.registry.metrics().then((now) => (text = now)), 10);
    await until('it leads', () => text.includes('rose_csi_leader 1'));
    clearInterval(looking);
    expect(text).toContain('rose_csi_kubernetes_requests_total{method="POST",status="201"} 1');
    await given.companion.stop();
    expect(await given.registry.metrics()).toContain('rose_csi_leader 0');
  });

  test('what is done does not wait for what is told of it', async () => {
    const { api, kubernetes } = await rig();
    const MANY = 60;
    const over = new AbortController();
    const events = Array.from({ length: MANY }, (_, at) =>
      kubernetes.eventApi
        .create('/api/v1/namespaces/default/events', { metadata: { name: `e${at}` } }, over.signal)
        .catch(() => undefined),
    );
    api.store.put(PATHS.attachments, { metadata: { name: 'stale', uid: 'u' } });
    await kubernetes.api.delete(`${PATHS.attachments}/stale`, 'u', AbortSignal.timeout(10_000));
    expect(api.store.list(EVENTS).length).toBeLessThan(MANY);
    over.abort();
    await Promise.all(events);
  });

  test('without election it reconciles at once', async () => {
    const given = await rig(['--leader-election=false']);
    await given.start();
    expect(await given.registry.metrics()).toContain('rose_csi_leader 1');
    expect(given.api.store.list('/apis/coordination.k8s.io/v1/leases')).toEqual([]);
  });
});
