import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { FakeApiServer } from '../../test/support/kube/fake-api-server.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { until } from '../../test/support/until.ts';
import { drain, drainHere } from './drain.ts';

const STAGED = '/var/lib/kubelet/plugins/kubernetes.io/csi/rose-csi.io/1f2e/globalmount';
const OTHERS = '/var/lib/kubelet/plugins/kubernetes.io/csi/other.io/1f2e/globalmount';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function rig(isDraining: () => Promise<boolean>, mounted: string[]) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const surroundings = {
    isDraining,
    mountPoints: async () => mounted,
    clock,
    out: (line: string) => lines.push(line),
  };
  const stop = new AbortController();
  return { clock, lines, mounted, run: () => drain(surroundings, 'rose-csi.io', 30_000, stop.signal) };
}

describe('drain', () => {
  test('waits for the volumes of this driver, and for no other', async () => {
    const { clock, mounted, run } = rig(async () => true, [STAGED, OTHERS, '/']);
    const done = run();
    await until('it waits', () => clock.sleeping === 1);
    mounted.shift();
    clock.advance(500);
    expect(await done).toBe(true);
  });

  test('gives up at the limit, and says what is left', async () => {
    const { clock, lines, run } = rig(async () => true, [STAGED]);
    const done = run();
    for (let at = 0; at < 60; at += 1) {
      await until('it waits', () => clock.sleeping === 1);
      clock.advance(500);
    }
    expect(await done).toBe(false);
    expect(lines).toEqual([`1 volumes are still mounted, such as ${STAGED}`]);
  });

  test('ends at once where the node stays, and where nobody can be asked', async () => {
    expect(await rig(async () => false, [STAGED]).run()).toBe(true);
    const { lines, run } = rig(async () => Promise.reject(new Error('forbidden')), [STAGED]);
    expect(await run()).toBe(true);
    expect(lines).toEqual(['cannot tell whether this node is being drained: forbidden']);
  });

  test('asks the API server for its node', async () => {
    const api = await FakeApiServer.start();
    closers.push(() => api.down());
    const folder = await mkdtemp(`${tmpdir()}/rose-csi-drain-`);
    closers.push(() => rm(folder, { recursive: true }));
    await Bun.write(`${folder}/config`, api.kubeconfig());
    api.store.put('/api/v1/nodes', { metadata: { name: 'a' }, spec: { unschedulable: true } });
    const environment = {
      NODE_NAME: 'a',
      KUBECONFIG: `${folder}/config`,
      DRIVER_NAME: 'mounted-by-nobody.io',
    };
    const lines: string[] = [];
    expect(await drainHere(environment, [], (line) => lines.push(line), new AbortController().signal)).toBe(
      0,
    );
    expect(api.requests.map(({ path }) => path)).toEqual(['/api/v1/nodes/a']);
    expect(lines).toEqual([]);
  });
});
