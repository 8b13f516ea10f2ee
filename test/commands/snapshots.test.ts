import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { run } from '../../src/commands/run.ts';
import { FakeApiServer } from '../support/kube/fake-api-server.ts';
import type { Stored } from '../support/kube/object-store.ts';

setDefaultTimeout(60_000);

const CLAIMS = '/api/v1/persistentvolumeclaims';
const SNAPSHOTS = '/apis/snapshot.storage.k8s.io/v1/volumesnapshots';

describe('rose-csi snapshots', () => {
  let api: FakeApiServer;
  let folder: string;
  beforeAll(async () => {
    api = await FakeApiServer.start();
    folder = await mkdtemp(`${tmpdir()}/rose-csi-snapshots-`);
    await Bun.write(`${folder}/config`, api.kubeconfig());
    api.store.put(CLAIMS, { metadata: { name: 'data', namespace: 'shop' } });
    // The snapshot controller: a snapshot is ready as soon as it is there, but for those of claims that are broken.
    api.store.onEvent(({ collection, type, object }) => {
      if (collection !== SNAPSHOTS || type !== 'ADDED' || object['status'] || broken) return;
      api.store.put(SNAPSHOTS, {
        ...object,
        status: { readyToUse: true, creationTime: new Date().toISOString() },
      });
    });
  });
  afterAll(async () => {
    await api.down();
    await rm(folder, { recursive: true });
  });

  let broken = false;
  const old = (
    name: string,
    day: number,
    ready = true,
    labels: object = { 'rose-csi.io/schedule': 'nightly' },
  ): Stored =>
    api.store.put(SNAPSHOTS, {
      metadata: { name, namespace: 'shop', labels },
      spec: { source: { persistentVolumeClaimName: 'data' } },
      status: { readyToUse: ready, creationTime: new Date(Date.UTC(2026, 0, day)).toISOString() },
    });
  const names = () => api.store.list(SNAPSHOTS, 'shop').map(({ metadata }) => metadata.name);
  const clear = () => {
    for (const name of names()) api.store.remove(SNAPSHOTS, `shop/${name}`);
  };

  async function say(...args: string[]) {
    const [out, err]: [string[], string[]] = [[], []];
    const code = await run(['snapshots', ...args], {
      environment: { KUBECONFIG: `${folder}/config` },
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      stop: new AbortController().signal,
    });
    return { code, out: out.join(''), err: err.join('') };
  }
  const NIGHTLY = [
    '--namespace',
    'shop',
    '--selector',
    'backup=nightly',
    '--schedule',
    'nightly',
    '--class',
    'rose',
  ];

  test('takes one of each claim, and deletes what is older than those that it keeps', async () => {
    clear();
    for (const day of [1, 2, 3]) old(`data-${day}`, day);
    old('failed', 4, false);
    old('by-hand', 1, true, {});
    const { code, out, err } = await say(...NIGHTLY, '--keep', '2');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^ready {4}data-nightly-[0-9a-f]{6}-\d{12}\n/);
    expect(out.match(/^deleted .*$/gm)?.sort()).toEqual(['deleted  data-1', 'deleted  data-2']);
    expect(names()).toContain('data-3');
    expect(names()).toContain('by-hand');
    const listed = api.requests.find(({ path }) => path.endsWith('/persistentvolumeclaims'));
    expect(decodeURIComponent(listed?.query ?? '')).toContain('labelSelector=backup=nightly');
    const made = api.store.list(SNAPSHOTS).find(({ metadata }) => metadata.name.startsWith('data-nightly'));
    expect(made?.['spec']).toEqual({
      volumeSnapshotClassName: 'rose',
      source: { persistentVolumeClaimName: 'data' },
    });
  });

  test('does not take the snapshot of another claim, or schedule, for its own', async () => {
    clear();
    api.store.put(CLAIMS, { metadata: { name: 'data-db', namespace: 'shop' } });
    const other = ['--namespace', 'shop', '--selector', 'x', '--class', 'rose', '--keep', '2'];
    const first = await say(...other, '--schedule', 'nightly');
    const second = await say(...other, '--schedule', 'db-nightly');
    api.store.remove(CLAIMS, 'shop/data-db');
    // Claim «data» in the second has the name of claim «data-db» in the first, but for its tag.
    expect(names().filter((name) => name.startsWith('data-db-nightly'))).toHaveLength(2);
    expect([first.code, second.code]).toEqual([0, 0]);
    const pairs = api.store
      .list(SNAPSHOTS, 'shop')
      .map((object) => JSON.stringify([object['spec'], object.metadata['labels']]));
    expect(new Set(pairs).size).toBe(4);
  });

  test('a schedule that fails deletes no good one, however often', async () => {
    clear();
    old('good', 1);
    for (const day of [2, 3, 4]) old(`failed-${day}`, day, false);
    broken = true;
    const { code, err } = await say(...NIGHTLY, '--keep', '1', '--wait', '1');
    broken = false;
    expect([code, err]).toEqual([1, expect.stringContaining('is not ready')]);
    expect(names()).toContain('good');
    expect(names()).toContain('failed-4');
  });

  test('an API server that refuses is told, and nothing is taken for done', async () => {
    api.intercept = ({ path }) =>
      path.endsWith('/persistentvolumeclaims')
        ? new Response('{"message":"no"}', { status: 403 })
        : undefined;
    const { code, err } = await say(...NIGHTLY, '--keep', '1');
    api.intercept = undefined;
    expect([code, err]).toEqual([1, expect.stringContaining('403')]);
  });

  test('every fault of the command line is told at once', async () => {
    const { code, err } = await say('--keep', '0', '--wait', '9999');
    expect(code).toBe(2);
    for (const name of ['--namespace', '--selector', '--keep', '--wait']) expect(err).toContain(name);
    expect((await say('--help')).code).toBe(0);
  });
});
