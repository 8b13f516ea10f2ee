import { expect } from 'bun:test';
import { clusterTag, readRecord } from '../../src/backends/routeros/records/volume-record.ts';
import type { CallContext } from '../../src/core/call-context.ts';
import type { Export, PublishClaim, Volume } from '../../src/core/storage/volume.ts';
import { claim, MULTI_WRITER } from '../contract/bench.ts';
import { CONNECTION, connectionOf, exportsOf, kept, naming, removed, type Scenario } from './scenario.ts';
import { CLUSTER, PLAIN, slotOf, type World, within } from './world.ts';

/** Who holds it, by the appliance's own record. */
function holders(world: World, { id }: Volume): readonly string[] {
  const read = readRecord(world.simulator.appliance.disk(slotOf(id))?.comment ?? '', clusterTag(CLUSTER));
  if (read.state !== 'ours') throw new Error(`the record of ${id} is ${read.state}`);
  return read.record.publications.map(({ node }) => node);
}

/** The export is there, under the NQN that was promised, and all of the nodes are in the record. */
function requireExport(world: World, volume: Volume, outcome: unknown, nodes: readonly string[]): void {
  const { nqn, epoch, ...target } = outcome as Export;
  const port = 'port' in target ? target.port : undefined;
  expect(exportsOf(world, volume.id)).toMatchObject([{ nqn, port, bytes: volume.capacityBytes }]);
  expect(nqn.endsWith(`.${epoch}`)).toBe(true);
  expect(holders(world, volume)).toEqual([...nodes]);
}

interface Before {
  /** Who holds the volume already. */
  readonly held: readonly PublishClaim[];
  /** The driver has forgotten what it knew of the volume: a call of another replica, or its own start. */
  readonly forgotten?: boolean;
  /** Happens to the appliance before the operation. */
  readonly accident?: (world: World, volume: Volume) => unknown;
}

function publication(
  title: string,
  { held, forgotten = false, accident }: Before,
  run: (world: World, volume: Volume, context: CallContext) => Promise<unknown>,
  verify: (world: World, volume: Volume, outcome: unknown) => void,
): Scenario {
  return {
    title,
    writes: true,
    begin: async (world, key) => {
      const volume = await kept(world, key, { pool: PLAIN });
      for (const one of held)
        await world.persist((context) => world.backend.publishVolume(volume.id, one, context));
      await accident?.(world, volume);
      if (forgotten) await forget(world, volume);
      const slot = slotOf(volume.id);
      return {
        execs: naming(slot),
        slots: [slot],
        run: (context) => run(world, volume, context),
        verify: (outcome) => verify(world, volume, outcome),
        end: () => removed(world, volume.id),
      };
    },
  };
}

/** A write whose reply is not known leaves no hint of the volume. */
async function forget(world: World, { id }: Volume): Promise<void> {
  const lost = world.simulator.faults.add({
    fault: { kind: 'sentinel-missing' },
    on: { exec: naming(slotOf(id)) },
  });
  await world.backend.expandVolume(id, 1n << 20n, within(10_000)).catch(() => undefined);
  lost.remove();
}

const single = claim('node-a');
const [first, second] = [claim('node-a', MULTI_WRITER), claim('node-b', MULTI_WRITER)];

const publish = (title: string, before: Before, wanted: PublishClaim, nodes: readonly string[]): Scenario =>
  publication(
    title,
    before,
    (world, { id }, context) => world.backend.publishVolume(id, wanted, context),
    (world, volume, outcome) => requireExport(world, volume, outcome, nodes),
  );

const unpublish = (
  title: string,
  before: Before,
  node: PublishClaim['node'] | 'all',
  nodes: readonly string[],
): Scenario =>
  publication(
    title,
    before,
    (world, { id }, context) => world.backend.unpublishVolume(id, node, {}, context),
    (world, volume) => {
      expect(holders(world, volume)).toEqual([...nodes]);
      expect(exportsOf(world, volume.id)).toHaveLength(nodes.length > 0 ? 1 : 0);
    },
  );

export const PUBLICATION_SCENARIOS: readonly Scenario[] = [
  publish('publish', { held: [] }, single, ['node-a']),
  publish('publish what is not known', { held: [], forgotten: true }, single, ['node-a']),
  publication(
    'publish what was modified',
    { held: [], accident: modifyConnection },
    (world, { id }, context) => world.backend.publishVolume(id, single, context),
    (world, volume, outcome) => {
      requireExport(world, volume, outcome, ['node-a']);
      expect((outcome as Export).connection).toEqual(CONNECTION);
    },
  ),
  publication(
    'modify what is published',
    { held: [single] },
    (world, { id }, context) => world.backend.modifyVolume(id, { connection: CONNECTION }, context),
    (world, volume, outcome) => {
      const { epoch, publications } = outcome as Volume;
      expect(publications).toEqual([single]);
      expect(exportsOf(world, volume.id).map(({ nqn }) => nqn.split('.').at(-1))).toEqual([String(epoch)]);
      expect(holders(world, volume)).toEqual(['node-a']);
      expect(connectionOf(world, volume)).toEqual(CONNECTION);
    },
  ),
  publish('publish to a second node', { held: [first] }, second, ['node-a', 'node-b']),
  publish('publish what is held', { held: [single] }, single, ['node-a']),
  publish('publish what is held and no longer exported', { held: [single], accident: stopExport }, single, [
    'node-a',
  ]),
  unpublish('unpublish', { held: [single] }, single.node, []),
  unpublish('unpublish what is not known', { held: [single], forgotten: true }, single.node, []),
  unpublish('unpublish one of two', { held: [first, second] }, first.node, ['node-b']),
  unpublish('unpublish all', { held: [first, second] }, 'all', []),
];

/** Happens before: another call. */
function modifyConnection(world: World, { id }: Volume) {
  return world.persist((context) => world.backend.modifyVolume(id, { connection: CONNECTION }, context));
}

/** As an appliance would be that has lost it. */
function stopExport({ simulator }: World, { id }: Volume): void {
  const { fileDisks, table } = simulator.appliance;
  const item = table.slot(slotOf(id));
  if (item?.kind === 'file') fileDisks.set([item], { nvmeExport: false });
}
