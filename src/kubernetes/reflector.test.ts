import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { FakeApiServer } from '../../test/support/kube/fake-api-server.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { until } from '../../test/support/until.ts';
import { SystemClock } from '../core/clock.ts';
import { silentLogger } from '../core/observe/logger.ts';
import { ApiClient } from './api-client.ts';
import { BackOff } from './back-off.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { loadCredentials } from './load-credentials.ts';
import { type Change, Reflector, type WatchTransport } from './reflector.ts';
import type { WireObject } from './wire.ts';

const NODES = '/api/v1/nodes';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function rig(count = 0) {
  const api = await FakeApiServer.start();
  closers.push(() => api.down());
  for (let at = 0; at < count; at += 1) api.store.put(NODES, { metadata: { name: `n${at}` } });
  const folder = await mkdtemp(`${tmpdir()}/rose-csi-kube-`);
  closers.push(() => rm(folder, { recursive: true }));
  await Bun.write(`${folder}/config`, api.kubeconfig());
  const transport = new ApiClient({
    credentials: await loadCredentials({ kubeconfig: `${folder}/config`, account: '', host: '', port: 443 }),
    fetch,
    userAgent: 'test',
    throttle: async () => undefined,
    timeoutMs: 5000,
    onAnswer: () => undefined,
  });
  const stop = new AbortController();
  const changes: Change<string>[] = [];
  const reflector = new Reflector<string>({
    path: NODES,
    project: ({ metadata }: WireObject) => (metadata.name.startsWith('ignored') ? undefined : metadata.name),
    transport,
    clock: new SystemClock(),
    backOff: new BackOff({ firstMs: 2, longestMs: 20 }, () => 0.5),
    logger: silentLogger,
  });
  reflector.onChange((change) => changes.push(change));
  const running = reflector.run(stop.signal);
  closers.push(async () => {
    stop.abort(new Error('over'));
    await running;
  });
  const requests = (query: string) => api.requests.filter((one) => one.query.includes(query)).length;
  return { api, reflector, changes, lists: () => requests('?limit='), watches: () => requests('watch=1') };
}

/** What a reflector of nodes needs that keeps nothing of them. */
const nodesBy = (transport: WatchTransport, clock: ManualClock, backOff: BackOff) => ({
  path: NODES,
  project: () => undefined,
  transport,
  clock,
  backOff,
  logger: silentLogger,
});

describe('the reflector', () => {
  test('lists in pages, then follows what happens', async () => {
    const { api, reflector, changes, lists } = await rig(1200);
    await reflector.listed();
    expect(reflector.values()).toHaveLength(1200);
    expect(lists()).toBe(3);
    api.store.put(NODES, { metadata: { name: 'later' } });
    api.store.delete(NODES, 'n7');
    await until('the changes', () => changes.length === 1202);
    expect(changes.slice(-2)).toEqual([
      { before: undefined, after: 'later' },
      { before: 'n7', after: undefined },
    ]);
    expect([reflector.get('later'), reflector.get('n7'), reflector.synced]).toEqual([
      'later',
      undefined,
      true,
    ]);
  });

  test('keeps nothing of what does not concern us', async () => {
    const { api, reflector, changes } = await rig();
    await reflector.listed();
    api.store.put(NODES, { metadata: { name: 'ignored' } });
    api.store.delete(NODES, 'ignored');
    api.store.put(NODES, { metadata: { name: 'kept' } });
    await until('the change', () => changes.length > 0);
    expect(changes).toEqual([{ before: undefined, after: 'kept' }]);
  });

  test('goes on from where it was after a hundred cuts, without a list and without a loss', async () => {
    const { api, reflector, lists } = await rig(3);
    await reflector.listed();
    for (let round = 0; round < 100; round += 1) {
      await api.watched(1);
      api.endWatches();
      api.store.put(NODES, { metadata: { name: `round-${round}` } });
      await until('the change', () => reflector.get(`round-${round}`) !== undefined);
    }
    expect(reflector.values()).toHaveLength(103);
    expect(lists()).toBe(1);
  });

  test('lists again where its version has expired, and tells what it has missed', async () => {
    const { api, reflector, changes, lists } = await rig(2);
    await reflector.listed();
    await api.down();
    await until('the loss is seen', () => !reflector.synced);
    api.store.delete(NODES, 'n0');
    api.store.put(NODES, { metadata: { name: 'new' } });
    api.store.compact();
    api.up();
    await until('the new list', () => reflector.get('new') !== undefined && reflector.synced);
    expect(reflector.get('n0')).toBeUndefined();
    expect(changes).toContainEqual({ before: 'n0', after: undefined });
    expect(lists()).toBe(2);
  });

  test('does not storm a server that refuses, and is not synced meanwhile', async () => {
    const { api, reflector } = await rig(1);
    await reflector.listed();
    api.intercept = () => Response.json({ message: 'no' }, { status: 500 });
    await api.cut();
    await until('the loss is seen', () => !reflector.synced);
    const before = api.requests.length;
    await Bun.sleep(200);
    // 2, 4, 8, 16, 20, 20 … ms: about a dozen in 200 ms, where a storm has hundreds.
    expect(api.requests.length - before).toBeLessThan(20);
    api.intercept = undefined;
    await until('synced again', () => reflector.synced);
  });

  test('leaves a watch that has fallen silent for longer than bookmarks need', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    let watches = 0;
    const transport: WatchTransport = {
      get: async () => ({ metadata: { resourceVersion: '7' }, items: [] }),
      stream: async (_, signal) => {
        watches += 1;
        return new ReadableStream({
          start: (controller) =>
            signal.addEventListener('abort', () => controller.error(signal.reason), { once: true }),
        });
      },
    };
    const backOff = new BackOff({ firstMs: 1000, longestMs: 1000 }, () => 0.5);
    const running = new Reflector(nodesBy(transport, clock, backOff)).run(stop.signal);
    await until('the watch', () => watches === 1);
    clock.advance(180_000);
    await until('the back-off', () => clock.sleeping === 1);
    clock.advance(1000);
    await until('the second watch', () => watches === 2);
    stop.abort(new Error('over'));
    await running;
  });

  test('lists soon where its version has expired during a long outage, and rarely where that happens at once', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const waits: number[] = [];
    let answers: 'watches' | 'nothing' | 'expired' = 'watches';
    const transport: WatchTransport = {
      get: async () => ({ metadata: { resourceVersion: '7' }, items: [] }),
      stream: async () => {
        if (answers === 'watches') return new ReadableStream({ start: (controller) => controller.close() });
        const kind = answers === 'expired' ? 'changed' : 'unavailable';
        throw new KubernetesError(kind, answers);
      },
    };
    class Told extends BackOff {
      override next(atLeastMs?: number): number {
        waits.push(super.next(atLeastMs));
        return waits.at(-1) ?? 0;
      }
    }
    const backOff = new Told({ firstMs: 1000, longestMs: 32_000 }, () => 0.5);
    const running = new Reflector(nodesBy(transport, clock, backOff)).run(stop.signal);
    const turn = async (what: typeof answers) => {
      await until('the pause', () => clock.sleeping === 1);
      const turns = waits.length;
      answers = what;
      clock.advance(waits.at(-1) ?? 0);
      await until('the next pause', () => waits.length === turns + 1);
    };
    for (const what of ['nothing', 'nothing', 'nothing', 'expired', 'expired', 'expired'] as const)
      await turn(what);
    expect(waits).toEqual([1000, 2000, 4000, 8000, 1000, 2000, 4000]);
    stop.abort(new Error('over'));
    await running;
  });
});
