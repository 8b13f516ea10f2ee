/** Run by `make test-kube`: the client against a real kube-apiserver and etcd, with TLS. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { SystemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/observe/logger.ts';
import type { ApiClient } from '../../src/kubernetes/api-client.ts';
import { ApiCluster, type Caches } from '../../src/kubernetes/api-cluster.ts';
import { BackOff } from '../../src/kubernetes/back-off.ts';
import { EventRecorder } from '../../src/kubernetes/event-recorder.ts';
import { jsonLines } from '../../src/kubernetes/json-lines.ts';
import { LeaderElector } from '../../src/kubernetes/leader-elector.ts';
import { ApiLeaseStore } from '../../src/kubernetes/lease.ts';
import { PATHS } from '../../src/kubernetes/live-cluster.ts';
import {
  attachmentOf,
  nodeOf,
  persistentVolumeOf,
  registrationOf,
} from '../../src/kubernetes/projections.ts';
import { Reflector } from '../../src/kubernetes/reflector.ts';
import { StartupTaint } from '../../src/kubernetes/startup-taint.ts';
import { readWatchEvent, type WireObject } from '../../src/kubernetes/wire.ts';
import { until } from '../support/until.ts';
import { ControlPlane } from './rig/control-plane.ts';

const clock = new SystemClock();
const stop = new AbortController();
const { signal } = stop;
let plane: ControlPlane;
let api: ApiClient;
let caches: Caches;
let running: Promise<unknown>;

beforeAll(async () => {
  plane = await ControlPlane.start();
  api = await plane.client();
  const backOff = () => new BackOff({ firstMs: 50, longestMs: 500 }, Math.random);
  const reflector = <T>(path: string, project: (object: WireObject) => T | undefined) =>
    new Reflector({ path, project, transport: api, clock, logger: silentLogger, backOff: backOff() });
  caches = {
    attachments: reflector(PATHS.attachments, attachmentOf),
    persistentVolumes: reflector(PATHS.persistentVolumes, persistentVolumeOf),
    registrations: reflector(PATHS.registrations, registrationOf),
    nodes: reflector(PATHS.nodes, nodeOf),
  };
  running = Promise.all(Object.values(caches).map((cache) => cache.run(signal)));
}, 120_000);

afterAll(async () => {
  stop.abort(new Error('over'));
  await running;
  await plane.stop();
});

const node = (name: string, spec: object = {}) =>
  api.create(PATHS.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec }, signal);

const csiNode = (name: string) =>
  api.create(
    PATHS.registrations,
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: { name },
      spec: { drivers: [{ name: 'rose-csi.io', nodeID: `id-of-${name}`, topologyKeys: [] }] },
    },
    signal,
  );

const volume = (name: string) =>
  api.create(
    PATHS.persistentVolumes,
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        csi: { driver: 'rose-csi.io', volumeHandle: `rds/${name}` },
      },
    },
    signal,
  );

const attachment = (name: string, persistentVolumeName: string, nodeName: string) =>
  api.create(
    PATHS.attachments,
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name },
      spec: { attacher: 'rose-csi.io', nodeName, source: { persistentVolumeName } },
    },
    signal,
  );

describe('a real API server', () => {
  test('is listed and watched: what is made, changed and deleted there is seen here', async () => {
    await until('all is synced', () => new ApiCluster(api, caches).synced(), 30_000);
    await node('watched');
    await csiNode('watched');
    await volume('pv-watched');
    await attachment('va-watched', 'pv-watched', 'watched');
    await until('it is seen', () => caches.attachments.get('va-watched') !== undefined);
    expect(caches.persistentVolumes.get('pv-watched')).toMatchObject({
      driver: 'rose-csi.io',
      handle: 'rds/pv-watched',
      reclaim: 'Retain',
    });
    await until('the registration', () => caches.registrations.get('watched') !== undefined);
    expect(caches.registrations.get('watched')?.ids.get('rose-csi.io')).toBe('id-of-watched');
    const live = await new ApiCluster(api, caches).live(signal);
    expect(live.attachments.map(({ name }) => name)).toContain('va-watched');
    expect(live.nodes.has('watched')).toBe(true);
  }, 60_000);

  test('deletes an attachment only by the UID that was seen', async () => {
    const cluster = new ApiCluster(api, caches);
    await volume('pv-deleted');
    await attachment('va-deleted', 'pv-deleted', 'nowhere');
    await until('it is seen', () => caches.attachments.get('va-deleted') !== undefined);
    const seen = caches.attachments.get('va-deleted');
    if (!seen) throw new Error('not seen');
    expect(await cluster.nodeExists('nowhere', signal)).toBe(false);
    expect([...(await cluster.claimsInUse('nowhere', signal))]).toEqual([]);
    await cluster.deleteAttachment({ ...seen, uid: '00000000-0000-0000-0000-000000000000' }, signal);
    expect(await api.get(`${PATHS.attachments}/va-deleted`, signal)).toBeDefined();
    await cluster.deleteAttachment(seen, signal);
    await until('it is gone', () => caches.attachments.get('va-deleted') === undefined);
  }, 30_000);

  test('is away and comes back: all caches go on, and a version that it no longer has is 410', async () => {
    const cluster = new ApiCluster(api, caches);
    await plane.apiServerDown();
    await until('the loss is seen', () => !cluster.synced());
    await plane.apiServerUp();
    await node('after');
    await until('it is seen', () => cluster.synced() && caches.nodes.get('after') !== undefined, 30_000);
    const stream = await api
      .stream(`${PATHS.nodes}?watch=1&resourceVersion=1`, signal)
      .catch((error) => error);
    const outcome =
      stream instanceof Error
        ? stream
        : await jsonLines(stream)
            .next()
            .then(({ value }) => readWatchEvent(value))
            .catch((error: unknown) => error);
    expect(outcome).toMatchObject({ kind: 'changed', status: 410 });
  }, 60_000);

  test('keeps one leader, hands over at a release, and refuses a stale write', async () => {
    const timings = { leaseMs: 3000, renewDeadlineMs: 2000, retryMs: 300 };
    const candidate = (identity: string) => {
      const end = new AbortController();
      const elector = new LeaderElector({
        store: new ApiLeaseStore(api, 'kube-system', 'rose-csi'),
        identity,
        timings,
        clock,
        random: Math.random,
        logger: silentLogger,
        onChange: () => undefined,
      });
      const over = elector.run(
        end.signal,
        ({ signal: term }) => new Promise((resolve) => term.addEventListener('abort', () => resolve())),
      );
      return {
        elector,
        end: () => {
          end.abort(new Error('over'));
          return over;
        },
      };
    };
    const one = candidate('one');
    await until('one leads', () => one.elector.leads());
    const two = candidate('two');
    const store = new ApiLeaseStore(api, 'kube-system', 'rose-csi');
    const seen = await store.read(signal);
    await until('a renewal', () => one.elector.leads());
    await eventually(async () => (await store.read(signal))?.resourceVersion !== seen?.resourceVersion);
    const { resourceVersion, ...record } = seen ?? {
      resourceVersion: '',
      holder: '',
      seconds: 1,
      transitions: 0,
      renewTime: '',
      acquireTime: '',
    };
    await expect(store.write(record, resourceVersion, signal)).rejects.toMatchObject({ kind: 'conflict' });
    expect(two.elector.leads()).toBe(false);
    await one.end();
    await until('two leads', () => two.elector.leads());
    expect(await store.read(signal)).toMatchObject({ holder: 'two', transitions: 1 });
    await two.end();
  }, 60_000);

  test('takes events, and counts the same one', async () => {
    const events = new EventRecorder({
      api,
      clock,
      logger: silentLogger,
      component: 'rose-csi.io',
      instance: 'test',
      signal,
    });
    const about = { apiVersion: 'v1', kind: 'PersistentVolume', name: 'pv-watched' };
    const note = { type: 'Warning', reason: 'ApplianceLost', message: 'it is away' } as const;
    events.record(about, note);
    events.record(about, note);
    await events.flushed();
    const { items } = (await api.get('/api/v1/namespaces/default/events', signal)) as { items: object[] };
    expect(items.filter((one) => (one as { reason?: string }).reason === 'ApplianceLost')).toMatchObject([
      { ...note, count: 2, involvedObject: about },
    ]);
  }, 30_000);

  test('lets go of the startup taint, and of no other', async () => {
    new StartupTaint({
      api,
      caches,
      driver: 'rose-csi.io',
      key: 'rose-csi.io/agent-not-ready',
      clock,
      logger: silentLogger,
    }).start(signal);
    await node('tainted', {
      taints: [
        { key: 'other', effect: 'NoSchedule' },
        { key: 'rose-csi.io/agent-not-ready', effect: 'NoExecute' },
      ],
    });
    await csiNode('tainted');
    await until(
      'it is gone',
      () =>
        caches.nodes
          .get('tainted')
          ?.taints.map(({ key }) => key)
          .includes('rose-csi.io/agent-not-ready') === false,
      15_000,
    );
    expect(caches.nodes.get('tainted')?.taints.map(({ key }) => key)).toContain('other');
  }, 30_000);

  test('takes a service account token in the place of a certificate', async () => {
    await api.create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'driver' } }, signal);
    const { status } = (await api.create(
      '/api/v1/namespaces/default/serviceaccounts/driver/token',
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: null } },
      signal,
    )) as { status: { token: string } };
    expect(status.token.split('.')).toHaveLength(3);
  }, 30_000);
});

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await Bun.sleep(50);
  }
}
