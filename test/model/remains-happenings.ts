import type { VolumeId } from '../../src/core/storage/volume-id.ts';
import type { World } from './world.ts';

/** Longer than any history. */
export const DAY_MS = 86_400_000;

/** A volume goes from the list, and something of it stays. */
async function leave(world: World, pick: number, state: 'deleted' | 'volume'): Promise<void> {
  const { items } = await world.backend.listVolumes({}, world.context).catch(() => ({ items: [] }));
  const unused = items.filter(({ publications }) => publications.length === 0);
  const volume = unused[pick % Math.max(unused.length, 1)];
  if (!volume) return;
  await world.rpc(volume.id, async () => {
    await world.backend.deleteVolume(volume.id, world.context);
    world.remains.leave(volume.id, state, volume.name);
  });
}

const one = (world: World, pick: number) =>
  world.remains.items[pick % Math.max(world.remains.items.length, 1)];

/** What happens to images that lie on the appliance without a volume. */
export const REMAINS_HAPPENINGS = {
  /** Its object stays: the provisioner tries again, or not. */
  cutDeletion: (world: World, pick: number) => leave(world, pick, 'deleted'),
  cutDeletionForGood: async (world: World, pick: number) => {
    await leave(world, pick, 'deleted');
    const last = world.remains.items.at(-1);
    if (last) world.forget(last.id);
  },
  /** The appliance's configuration was reset. */
  loseDiskItem: (world: World, pick: number) => leave(world, pick, 'volume'),
  cutCopy: (world: World) => {
    const name = `copy-${world.next()}`;
    world.remains.leave(world.idOf(name), world.next() % 2 === 0 ? 'copy' : 'unknown', name);
  },
  finishDeletion: async (world: World, pick: number) => {
    const left = one(world, pick);
    if (left?.state !== 'deleted') return;
    await world.rpc(left.id, async () => {
      await world.backend.deleteVolume(left.id, world.context);
      world.remains.finish(left.id);
      world.forget(left.id);
    });
  },
  /** Somebody creates a volume of that name again. */
  createAgain: async (world: World, pick: number) => {
    const left = one(world, pick);
    if (left?.state !== 'deleted') return;
    const size = { requiredBytes: 1n << 20n, provisioning: 'thin', compression: false } as const;
    await world.rpc(left.id, async () => {
      await world.backend.createVolume({ name: left.name, ...size }, world.context);
      world.remains.finish(left.id);
    });
  },
  adoptRemains: (world: World, pick: number) => {
    const left = one(world, pick);
    const name = `kept-${world.next()}`;
    if (left)
      world.persistentVolumes.set(name, {
        name,
        uid: name,
        driver: 'twin.io',
        handle: left.id as VolumeId,
        reclaim: 'Retain',
      });
  },
  setClock: (world: World, pick: number) => {
    world.remains.setClock(((pick % 3) - 1) * DAY_MS);
  },
} as const;
