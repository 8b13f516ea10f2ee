/** Run by `make test-kube`: watches of a real API server, cut again and again. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { SystemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/observe/logger.ts';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import { BackOff } from '../../src/kubernetes/back-off.ts';
import { PATHS } from '../../src/kubernetes/live-cluster.ts';
import { nodeOf } from '../../src/kubernetes/projections.ts';
import { Reflector } from '../../src/kubernetes/reflector.ts';
import { TcpProxy } from '../support/ssh/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { ControlPlane } from './rig/control-plane.ts';

const CUTS = 100;
const stop = new AbortController();
let plane: ControlPlane;
let network: TcpProxy;
let running: Promise<unknown>;
const asked: string[] = [];
let nodes: Reflector<ReturnType<typeof nodeOf>>;
let direct: ApiClient;

beforeAll(async () => {
  plane = await ControlPlane.start();
  direct = await plane.client();
  network = await TcpProxy.start(() => plane.port);
  const credentials = await plane.credentials();
  const api = new ApiClient({
    credentials: {
      namespace: credentials.namespace,
      server: `https://127.0.0.1:${network.port}`,
      forRequest: () => credentials.forRequest(),
    },
    fetch: (url, options) => {
      asked.push(url);
      return fetch(url, options);
    },
    userAgent: 'rose-csi/test',
    throttle: async () => undefined,
    timeoutMs: 20_000,
    onAnswer: () => undefined,
  });
  nodes = new Reflector({
    path: PATHS.nodes,
    project: nodeOf,
    transport: api,
    clock: new SystemClock(),
    logger: silentLogger,
    // Shorter than in the field, where the hundred cuts would take an hour.
    backOff: new BackOff({ firstMs: 20, longestMs: 100 }, Math.random),
  });
  running = nodes.run(stop.signal);
}, 120_000);

afterAll(async () => {
  stop.abort(new Error('over'));
  await running;
  network.stop();
  await plane.stop();
});

test(`a watch that is cut ${CUTS} times goes on from where it was: nothing is missed, and nothing is listed anew`, async () => {
  const seen: string[] = [];
  nodes.onChange(({ after }) => after && seen.push(after.name));
  await until('it is synced', () => nodes.synced, 30_000);
  for (let at = 0; at < CUTS; at += 1) {
    network.cut();
    // Made while nobody watches.
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: `node-${at}` } };
    await direct.create(PATHS.nodes, node, stop.signal);
    await until(`node ${at} is seen`, () => nodes.get(`node-${at}`) !== undefined, 20_000);
  }
  expect(new Set(seen).size).toBe(CUTS);
  expect(asked.filter((url) => !url.includes('watch=1'))).toHaveLength(1);
  // One for each cut; a cut may hit one that has just begun.
  expect(asked.length).toBeLessThan(2.5 * CUTS);
}, 180_000);
