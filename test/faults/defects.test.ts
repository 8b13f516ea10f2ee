import { afterEach, expect, test } from 'bun:test';
import { MiB } from '../../src/core/bytes.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import { groupSnapshotSlot } from '../../src/core/storage/snapshot-slot.ts';
import type { Volume } from '../../src/core/storage/volume.ts';
import { snapshotId } from '../../src/core/storage/volume-id.ts';
import { claim, expectKind, rejection } from '../contract/bench.ts';
import { created, kept, naming } from './scenario.ts';
import { BTRFS, CLUSTER, PLAIN, slotOf, spec, World, type WorldOptions, within } from './world.ts';

/** What was wrong once, or was feared and looked for: a test each, in a world of its own. */
let world: World | undefined;

async function open(options: WorldOptions = {}): Promise<World> {
  world = await World.open(options);
  return world;
}

afterEach(async () => {
  await world?.close();
  world = undefined;
});

const pools = [
  { slot: PLAIN, fs: 'xfs', bytes: 1000n * MiB },
  { slot: 'other', fs: 'xfs', bytes: 1000n * MiB },
] as const;

const deleted = (here: World, { id }: Volume) =>
  here.persist((context) => here.backend.deleteVolume(id, context));

test('a volume in a pool that the driver does not use any more is deleted with its image', async () => {
  const here = await open({ pools });
  const { id } = await created(here, 'v', { pool: 'other' });
  const restricted = await here.replica({ options: { pools: [PLAIN] } });
  await restricted.deleteVolume(id, within(5_000));
  expect(here.remains(slotOf(id))).toEqual([]);
});

test('a volume in a pool that was mounted after the driver had read the pools is deleted with its image', async () => {
  const here = await open({ pools });
  here.simulator.appliance.setPoolOnline('other', false);
  await here.backend.pools(within(5_000));
  here.simulator.appliance.setPoolOnline('other', true);
  const { id } = await (await here.replica()).createVolume(spec('v', { pool: 'other' }), within(5_000));
  await here.backend.deleteVolume(id, within(5_000));
  expect(here.remains(slotOf(id))).toEqual([]);
});

test('a volume whose pool is away is not reported as deleted, and is deleted once it is back', async () => {
  const here = await open({ pools });
  const volume = await kept(here, 'v', { pool: PLAIN });
  for (const backend of [here.backend, await here.replica()]) {
    here.simulator.appliance.setPoolOnline(PLAIN, false);
    await expectKind('unavailable', backend.deleteVolume(volume.id, within(5_000)), 'not mounted');
    here.simulator.appliance.setPoolOnline(PLAIN, true);
  }
  here.release(slotOf(volume.id));
  await deleted(here, volume);
  expect(here.remains(slotOf(volume.id))).toEqual([]);
});

test('what a deletion left in a pool that went away keeps its mark, for whoever deletes or creates next', async () => {
  const here = await open({ pools });
  const volume = await created(here, 'v', { pool: PLAIN });
  const slot = slotOf(volume.id);
  const halfWay = { exec: naming(slot), statement: /^[/]file[/]remove/ };
  here.simulator.faults.add({ fault: { kind: 'cut' }, on: halfWay });
  await here.backend.deleteVolume(volume.id, within(5_000)).catch(() => undefined);
  here.simulator.appliance.setPoolOnline(PLAIN, false);
  await deleted(here, volume);
  here.simulator.appliance.setPoolOnline(PLAIN, true);
  expect(here.remains(slot)).not.toEqual([]);
  expect((await created(here, 'v', { pool: PLAIN })).id).toBe(volume.id);
  await deleted(here, volume);
  expect(here.remains(slot)).toEqual([]);
});

test('a pool that is not there any more is asked for anew, not believed in for ever', async () => {
  const here = await open({ pools });
  await created(here, 'v', { pool: PLAIN });
  here.simulator.appliance.setPoolOnline(PLAIN, false);
  const create = () => here.backend.createVolume(spec('w', { pool: PLAIN }), within(5_000));
  await expectKind('unavailable', create(), PLAIN);
  await expectKind('not-found', create(), PLAIN);
  here.simulator.appliance.setPoolOnline(PLAIN, true);
  expect((await create()).pool).toBe(PLAIN);
});

test('a group that was taken in part is taken anew, of other and fewer volumes too', async () => {
  const here = await open();
  const [one, two] = [await kept(here, 'one', { pool: BTRFS }), await kept(here, 'two', { pool: BTRFS })];
  const slot = groupSnapshotSlot(CLUSTER, 'g');
  const second = { exec: naming(slot), statement: /^[/]disk[/]btrfs[/]subvolume[/]add/ };
  here.simulator.faults.add({ fault: { kind: 'cut' }, on: second, from: 2 });
  const both = here.backend.createGroupSnapshot({ name: 'g', sources: [one.id, two.id] }, within(5_000));
  expect((await rejection(both)).uncertain).toBe(true);
  expect(here.remains(slot)).not.toEqual([]);
  const taken = await here.persist((context) =>
    here.backend.createGroupSnapshot({ name: 'g', sources: [two.id] }, context),
  );
  expect(taken.snapshots.map(({ source }) => source)).toEqual([two.id]);
  await here.backend.deleteSnapshot(snapshotId('rds', slot), within(5_000));
  expect(here.remains(slot)).toEqual([]);
});

/** How long the work took, ms. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

test('another node waits for the settle time where the reply to the last unpublish was lost', async () => {
  const here = await open({ driver: { options: { settleMs: 600 } } });
  const { id } = await kept(here, 'v', { pool: PLAIN });
  await here.backend.publishVolume(id, claim('node-a'), within(5_000));
  here.simulator.faults.add({ fault: { kind: 'sentinel-missing' }, on: { exec: naming(slotOf(id)) } });
  await rejection(here.backend.unpublishVolume(id, 'all', {}, within(5_000)));
  await here.backend.unpublishVolume(id, 'all', {}, within(5_000));
  const publish = () => here.backend.publishVolume(id, claim('node-b'), within(5_000));
  expect(await timed(publish)).toBeGreaterThan(300);
});

test('another node waits for the settle time, however often it gives up and asks again', async () => {
  const here = await open({ driver: { options: { settleMs: 600 } } });
  const { id } = await kept(here, 'v', { pool: PLAIN });
  await here.backend.publishVolume(id, claim('node-a'), within(5_000));
  await here.backend.unpublishVolume(id, 'all', {}, within(5_000));
  const over = new AbortController();
  const impatient = here.backend.publishVolume(id, claim('node-b'), detachedContext(over.signal));
  over.abort(new BackendError('timeout', 'given up'));
  await rejection(impatient);
  const publish = () => here.backend.publishVolume(id, claim('node-b'), within(5_000));
  expect(await timed(publish)).toBeGreaterThan(300);
});

test('a disk whose image somebody removed does not keep others from being made', async () => {
  const here = await open({ pools });
  const broken = await created(here, 'broken', { pool: PLAIN });
  const { tree } = here.simulator.appliance;
  const image = tree.find(here.simulator.appliance.disk(slotOf(broken.id))?.filePath ?? '');
  if (!image) throw new Error('no image');
  tree.remove(image);
  expect(await here.backend.pools(within(5_000))).toHaveLength(2);
  const { id } = await created(here, 'whole', { pool: PLAIN });
  await here.backend.expandVolume(id, 2n * MiB, within(5_000));
  await deleted(here, broken);
  expect(here.remains(slotOf(broken.id))).toEqual([]);
});

test.each([PLAIN, BTRFS])(
  'a deletion in %s that runs on without its session takes nothing that is made anew',
  async (pool) => {
    const here = await open({
      ssh: { deadSession: 'runs-on' },
      assumptions: { removeUsedFile: 'done', removeUsedSubvolume: 'done' },
    });
    const { id, name } = await created(here, 'v', { pool });
    const removal = { exec: naming(slotOf(id)), statement: /^[/](file|disk[/]btrfs[/]subvolume)[/]remove/ };
    const hold = here.simulator.faults.add({ fault: { kind: 'hang' }, on: removal });
    const over = new AbortController();
    const late = here.backend.deleteVolume(id, detachedContext(over.signal));
    await hold.whenMet();
    over.abort(new BackendError('timeout', 'given up'));
    await rejection(late);
    await here.persist((context) => here.backend.deleteVolume(id, context));
    await kept(here, name, { pool });
    hold.remove();
    await here.backend.getVolume(id, within(5_000));
    expect(here.losses).toEqual([]);
    expect((await here.backend.getVolume(id, within(5_000)))?.id).toBe(id);
  },
);
