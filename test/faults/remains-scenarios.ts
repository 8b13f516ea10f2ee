import { expect } from 'bun:test';
import type { Remains } from '../../src/core/storage/remains.ts';
import type { VolumeId } from '../../src/core/storage/volume-id.ts';
import { created, kept, naming, removed, type Scenario } from './scenario.ts';
import { BTRFS, PLAIN, slotOf, type World, within } from './world.ts';

/** What stays of a volume whose deletion ends when it comes to the image. */
async function leftOf(world: World, key: string, pool: string): Promise<VolumeId> {
  const { id } = await created(world, key, { pool });
  const slot = slotOf(id);
  const isLeft = () => world.remains(slot).length > 0 && !world.simulator.appliance.disk(slot);
  while (!isLeft()) {
    const rule = world.simulator.faults.add({
      fault: { kind: 'busy' },
      on: { slot, statement: /^\/(file|disk\/btrfs\/subvolume)\/remove$/ },
      times: Number.POSITIVE_INFINITY,
    });
    // Another case may cut the connection: then it is begun once more.
    await world.backend.deleteVolume(id, within(10_000)).catch(() => undefined);
    rule.remove();
  }
  return id;
}

const remove = (pool: string): Scenario => ({
  title: `remove what a cut deletion left in ${pool}`,
  writes: true,
  begin: async (world, key) => {
    const id = await leftOf(world, key, pool);
    const slot = slotOf(id);
    return {
      execs: naming(slot),
      slots: [slot],
      run: (context) => world.backend.removeRemains(id, context),
      verify: () => expect(world.remains(slot)).toEqual([]),
      end: () => removed(world, id),
    };
  },
});

const list = (pool: string): Scenario => ({
  title: `list what is left in ${pool}`,
  writes: false,
  alone: true,
  begin: async (world, key) => {
    const volume = await kept(world, `${key}-kept`, { pool });
    const id = await leftOf(world, key, pool);
    return {
      // What lies there, and the text of its record.
      execs: /used.=\$d|text.=\{/,
      slots: [slotOf(id), slotOf(volume.id)],
      run: (context) => world.backend.listRemains(context),
      verify: (outcome) =>
        expect((outcome as readonly Remains[]).map((one) => [one.id, one.state])).toEqual([[id, 'deleted']]),
      end: async () => {
        await removed(world, id);
        await removed(world, volume.id);
      },
    };
  },
});

export const REMAINS_SCENARIOS: readonly Scenario[] = [
  remove(PLAIN),
  remove(BTRFS),
  list(PLAIN),
  list(BTRFS),
];
