import { expect } from 'bun:test';
import { MiB } from '../../src/core/bytes.ts';
import type { CallContext } from '../../src/core/call-context.ts';
import type { GroupSnapshot, Snapshot } from '../../src/core/storage/snapshot.ts';
import { groupSnapshotSlot, memberSnapshotSlot, snapshotSlot } from '../../src/core/storage/snapshot-slot.ts';
import type { Volume } from '../../src/core/storage/volume.ts';
import { snapshotId } from '../../src/core/storage/volume-id.ts';
import { kept, naming, removed, type Scenario } from './scenario.ts';
import { BTRFS, CLUSTER, slotOf, type World } from './world.ts';

/** How many read-only subvolumes name this slot. */
const taken = ({ simulator }: World, slot: string): number =>
  simulator.appliance.subvolumes().filter(({ fullname, readOnly }) => readOnly && fullname.includes(slot))
    .length;

interface SnapshotAct {
  readonly world: World;
  readonly sources: readonly Volume[];
  readonly key: string;
  readonly slot: string;
}

function ofVolumes(
  title: string,
  count: 1 | 2,
  {
    prepare,
    run,
    verify,
    writes = true,
  }: {
    readonly prepare?: (act: SnapshotAct, context: CallContext) => Promise<unknown>;
    readonly run: (act: SnapshotAct, context: CallContext) => Promise<unknown>;
    readonly verify: (act: SnapshotAct, outcome: unknown) => void;
    readonly writes?: boolean;
  },
): Scenario {
  return {
    title,
    writes,
    begin: async (world, key) => {
      const sources: Volume[] = [];
      for (let at = 0; at < count; at += 1) sources.push(await kept(world, `${key}-${at}`, { pool: BTRFS }));
      const slot = count === 1 ? snapshotSlot(CLUSTER, key) : groupSnapshotSlot(CLUSTER, key);
      const members = sources.map(({ id }) => memberSnapshotSlot(CLUSTER, key, slotOf(id)));
      const act = { world, sources, key, slot };
      await world.persist(async (context) => prepare?.(act, context));
      return {
        execs: naming(slot),
        ...(prepare ? {} : { makes: [slot] }),
        slots: [slot, ...members, ...sources.map(({ id }) => slotOf(id))],
        run: (context) => run(act, context),
        verify: (outcome) => verify(act, outcome),
        end: async () => {
          await world.persist((context) => world.backend.deleteSnapshot(snapshotId('rds', slot), context));
          for (const { id } of sources) await removed(world, id);
        },
      };
    },
  };
}

const single = ({ world, key, sources }: SnapshotAct, context: CallContext): Promise<Snapshot> => {
  const [source] = sources;
  if (!source) throw new Error('no source');
  return world.backend.createSnapshot({ name: key, source: source.id }, context);
};

const group = ({ world, key, sources }: SnapshotAct, context: CallContext): Promise<GroupSnapshot> =>
  world.backend.createGroupSnapshot({ name: key, sources: sources.map(({ id }) => id) }, context);

const drop = ({ world, slot }: SnapshotAct, context: CallContext): Promise<void> =>
  world.backend.deleteSnapshot(snapshotId('rds', slot), context);

const requireGone = ({ world, slot }: SnapshotAct): void => expect(taken(world, slot)).toBe(0);

export const SNAPSHOT_SCENARIOS: readonly Scenario[] = [
  ofVolumes('create a snapshot', 1, {
    run: single,
    verify: ({ world, slot, sources, key }, outcome) => {
      expect(outcome).toMatchObject({ name: key, source: sources[0]?.id, sizeBytes: MiB });
      expect(taken(world, slot)).toBe(1);
    },
  }),
  ofVolumes('delete a snapshot', 1, { prepare: single, run: drop, verify: requireGone }),
  ofVolumes('get a snapshot', 1, {
    prepare: single,
    run: ({ world, slot }, context) => world.backend.getSnapshot(snapshotId('rds', slot), context),
    verify: ({ key }, outcome) => expect(outcome).toMatchObject({ name: key, sizeBytes: MiB }),
    writes: false,
  }),
  ofVolumes('create a group of snapshots', 2, {
    run: group,
    verify: ({ world, slot, sources }, outcome) => {
      const { snapshots } = outcome as GroupSnapshot;
      expect(snapshots.map(({ source }) => source).sort()).toEqual(sources.map(({ id }) => id).sort());
      expect(taken(world, slot)).toBe(2);
    },
  }),
  ofVolumes('delete a group of snapshots', 2, { prepare: group, run: drop, verify: requireGone }),
];
