import { expect } from 'bun:test';
import { MiB } from '../../src/core/bytes.ts';
import type { CallContext } from '../../src/core/call-context.ts';
import type { ContentSource, Volume, VolumeSpec } from '../../src/core/storage/volume.ts';
import { slotFor } from '../../src/core/storage/volume-id.ts';
import {
  CONNECTION,
  connectionOf,
  exportsOf,
  kept,
  naming,
  removed,
  requireWhole,
  type Scenario,
} from './scenario.ts';
import { BTRFS, CLUSTER, PLAIN, slotOf, spec, type World } from './world.ts';

const create = (title: string, change: Partial<VolumeSpec>): Scenario => ({
  title,
  writes: true,
  begin: async (world, key) => creation(world, key, change),
});

async function creation(world: World, key: string, change: Partial<VolumeSpec>) {
  const slot = slotFor(CLUSTER, key);
  return {
    execs: naming(slot),
    slots: [slot],
    makes: [slot],
    run: (context: CallContext) => world.backend.createVolume(spec(key, change), context),
    verify: (outcome: unknown) => {
      const { id, name, capacityBytes } = outcome as Volume;
      expect({ id: slotOf(id), name, capacityBytes }).toEqual({ id: slot, name: key, capacityBytes: MiB });
      requireWhole(world, id);
      expect(exportsOf(world, id)).toEqual([]);
    },
    end: () => removed(world, `rds/${slot}` as Volume['id']),
  };
}

/** A volume with the content of another, or of a snapshot of it. */
function copy(kind: ContentSource['kind']): Scenario {
  return {
    title: kind === 'snapshot' ? 'restore a snapshot' : 'clone a volume',
    writes: true,
    begin: async (world, key) => {
      const source = await kept(world, `${key}-source`, { pool: BTRFS });
      const taken = { name: key, source: source.id };
      const id =
        kind === 'volume'
          ? source.id
          : (await world.persist((context) => world.backend.createSnapshot(taken, context))).id;
      const contentSource = { kind, id } as ContentSource;
      const act = await creation(world, `${key}-copy`, { contentSource });
      const slots = [...act.slots, slotOf(id)];
      return {
        ...act,
        slots: [...slots, slotOf(source.id)],
        execs: naming(...slots),
        end: async () => {
          await act.end();
          if (contentSource.kind === 'snapshot')
            await world.persist((context) => world.backend.deleteSnapshot(contentSource.id, context));
          await removed(world, source.id);
        },
      };
    },
  };
}

/** An operation on a volume that is there, and stays. */
function onVolume(
  title: string,
  change: Partial<VolumeSpec>,
  run: (world: World, volume: Volume, context: CallContext) => Promise<unknown>,
  verify: (world: World, volume: Volume, outcome: unknown) => void,
  writes = true,
): Scenario {
  return {
    title,
    writes,
    begin: async (world, key) => {
      const volume = await kept(world, key, change);
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

const remove = (pool: string): Scenario =>
  onVolume(
    `delete in ${pool}`,
    { pool },
    (world, { id }, context) => {
      world.release(slotOf(id));
      return world.backend.deleteVolume(id, context);
    },
    (world, { id }) => expect(world.remains(slotOf(id))).toEqual([]),
  );

const expand = (pool: string, provisioning: VolumeSpec['provisioning']): Scenario =>
  onVolume(
    `expand ${provisioning} in ${pool}`,
    { pool, provisioning },
    (world, { id }, context) => world.backend.expandVolume(id, 3n * MiB, context),
    (world, { id }, outcome) => {
      expect((outcome as Volume).capacityBytes).toBe(3n * MiB);
      requireWhole(world, id, 3n * MiB);
    },
  );

export const VOLUME_SCENARIOS: readonly Scenario[] = [
  create(`create in ${PLAIN}`, { pool: PLAIN }),
  create(`create in ${BTRFS}`, { pool: BTRFS }),
  create('create thick and compressed', { pool: BTRFS, provisioning: 'thick', compression: true }),
  onVolume(
    'create again',
    { pool: PLAIN },
    (world, { name }, context) => world.backend.createVolume(spec(name, { pool: PLAIN }), context),
    (world, volume, outcome) => {
      expect(outcome).toEqual(volume);
      requireWhole(world, volume.id);
    },
  ),
  create('create with a connection', { pool: PLAIN, connection: CONNECTION }),
  copy('snapshot'),
  copy('volume'),
  remove(PLAIN),
  remove(BTRFS),
  expand(PLAIN, 'thin'),
  expand(BTRFS, 'thick'),
  onVolume(
    'modify',
    { pool: BTRFS },
    (world, { id }, context) => world.backend.modifyVolume(id, { compression: true }, context),
    (world, { id }, outcome) => {
      expect((outcome as Volume).compression).toBe(true);
      expect(world.simulator.appliance.disk(slotOf(id))?.compress).toBe(true);
    },
  ),
  onVolume(
    'modify the connection',
    { pool: PLAIN },
    (world, { id }, context) => world.backend.modifyVolume(id, { connection: CONNECTION }, context),
    (world, volume, outcome) => {
      expect(outcome).toMatchObject({ compression: false, connection: CONNECTION });
      expect(connectionOf(world, volume)).toEqual(CONNECTION);
      requireWhole(world, volume.id);
    },
  ),
  onVolume(
    'modify both',
    { pool: BTRFS, connection: { queues: 2 } },
    (world, { id }, context) =>
      world.backend.modifyVolume(id, { compression: true, connection: CONNECTION }, context),
    (world, volume, outcome) => {
      const connection = { ...CONNECTION, queues: 2 };
      expect(outcome).toMatchObject({ compression: true, connection });
      expect(connectionOf(world, volume)).toEqual(connection);
      expect(world.simulator.appliance.disk(slotOf(volume.id))?.compress).toBe(true);
    },
  ),
  onVolume(
    'get',
    { pool: PLAIN },
    (world, { id }, context) => world.backend.getVolume(id, context),
    (_world, volume, outcome) => expect(outcome).toEqual(volume),
    false,
  ),
];
