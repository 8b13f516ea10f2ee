/** Run by `make test-kube`: two controllers as processes, a simulated appliance, a real API server. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { attachmentName } from '../../src/core/reconcile/attachment-name.ts';
import { PATHS } from '../../src/kubernetes/live-cluster.ts';
import { DRIVER, Drivers, SWIFT } from './rig/drivers.ts';
import { eventually } from './rig/eventually.ts';
import { MAIN_COMMAND } from './rig/programs.ts';

const CLEAR_AFTER_SECONDS = Number(SWIFT.CLEAR_AFTER_SECONDS);
const LONG_MS = 40_000;
const { signal } = new AbortController();

let rig: Drivers;

beforeAll(async () => {
  rig = await Drivers.start(['node-a', 'node-b']);
  await Promise.all(['one', 'two'].map(startDriver));
}, 120_000);

afterAll(() => rig?.stop(), 60_000);

const startDriver = (name: string) =>
  rig.run(name, MAIN_COMMAND, {
    ...SWIFT,
    DELETE_ATTACHMENTS_OF_LOST_NODES: 'true',
    LOST_NODE_SECONDS: '3',
  });

const cleared = (id: string, by: string) =>
  eventually('it is cleared', async () => (await rig.holders(by)).get(id)?.length === 0, LONG_MS);

describe('two controllers on one cluster', () => {
  test('serve calls side by side, and only what has lost its attachment is cleared', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `pvc-${at}`);
    const ids = await Promise.all(
      names.map((name, at) =>
        rig.attached(name, at % 2 ? 'node-a' : 'node-b', at % 3 ? 'one' : 'two', at % 2 ? 'one' : 'two'),
      ),
    );
    const lost = ids.slice(0, 5);
    await Promise.all(lost.map((id, at) => rig.detach(id, at % 2 ? 'node-a' : 'node-b')));
    await eventually('they are cleared', async () => {
      const held = await rig.holders('two');
      return lost.every((id) => held.get(id)?.length === 0);
    });
    const held = await rig.holders('one');
    for (const [at, id] of ids.slice(5).entries())
      expect(held.get(id)).toEqual([at % 2 ? 'node-b' : 'node-a']);
  }, 120_000);

  test('a node is deleted with volumes attached: cleared within the two sightings and 30 s', async () => {
    const id = await rig.attached('of-lost-node', 'node-b');
    await rig.detach(id, 'node-b');
    await rig.remove(`${PATHS.nodes}/node-b`);
    const took = await cleared(id, 'one');
    expect(took).toBeLessThan(CLEAR_AFTER_SECONDS * 1000 + 30_000);
  }, 90_000);

  test('a node vanishes and its attachment stays: the object is deleted, its finalizers are left to the attacher', async () => {
    const pvc = 'of-vanished-node';
    const id = await rig.attached(pvc, 'node-b');
    const name = attachmentName(id, DRIVER, 'node-b');
    await rig.api.patch(
      `${PATHS.persistentVolumes}/pv-${pvc}`,
      'merge',
      { spec: { claimRef: { namespace: 'default', name: pvc, uid: 'u' } } },
      signal,
    );
    await rig.api.patch(
      `${PATHS.attachments}/${name}`,
      'merge',
      { metadata: { finalizers: ['external-attacher/rose-csi-io'] } },
      signal,
    );
    await eventually('it is being deleted', async () => {
      const { metadata } = (await rig.api.get(`${PATHS.attachments}/${name}`, signal)) as {
        metadata: { deletionTimestamp?: string; finalizers?: string[] };
      };
      return metadata.deletionTimestamp !== undefined && metadata.finalizers?.length === 1;
    });
    expect((await rig.holders('one')).get(id)).toEqual(['node-b']);
  }, 90_000);

  test('the leader is killed: the other one takes over, and finds what was left', async () => {
    const first = await rig.leader();
    const other = first === 'one' ? 'two' : 'one';
    const id = await rig.attached('of-dead-leader', 'node-a', other);
    process.kill(rig.driver(first).pid, 'SIGKILL');
    await rig.detach(id, 'node-a');
    await eventually('the other leads', async () => (await rig.leader()) === other);
    await cleared(id, other);
    await rig.driver(first).stop();
    await startDriver(first);
    expect(await rig.leader()).toBe(other);
  }, 120_000);

  test('the API server is away: calls are served, nothing is cleared, and afterwards it goes on', async () => {
    const id = await rig.attached('in-the-dark', 'node-a');
    await rig.detach(id, 'node-a');
    await rig.plane.apiServerDown();
    const dark = await rig.driver('two').client.controller.listVolumes({ maxEntries: 0, startingToken: '' });
    expect(dark.entries.length).toBeGreaterThan(20);
    await rig.plane.apiServerUp();
    await cleared(id, 'one');
    await eventually('somebody leads', async () => (await rig.leader()) !== '');
  }, 120_000);

  test('the leader is cut off from the API server: it stops before the other one takes over, and both serve calls', async () => {
    const first = await rig.leader();
    const other = first === 'one' ? 'two' : 'one';
    rig.network(first).swallow();
    const id = await rig.attached('across-the-cut', 'node-a', first, other);
    await rig.detach(id, 'node-a');
    await eventually('the other leads', async () => (await rig.leader()) === other);
    expect(await rig.log(first)).toContain('the lease was lost: acting no more');
    await cleared(id, first);
    rig.network(first).heal();
    const before = await rig.leader();
    await rig.detach(await rig.attached('after-the-cut', 'node-a', first), 'node-a');
    expect(before).toBe(other);
  }, 120_000);
});
