import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import type { World } from './world.ts';

/** The backend as the reconcilers have it: whatever they take away is held against the truth. */
export function guarded(world: World, taken: string[]): StorageBackend {
  const { backend } = world;
  const wrong = (what: string): never => {
    taken.push(`WRONG: ${what}`);
    throw new Error(what);
  };
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    health: () => backend.health(),
    pools: (...args) => backend.pools(...args),
    createVolume: (...args) => backend.createVolume(...args),
    getVolume: (...args) => backend.getVolume(...args),
    listVolumes: (...args) => backend.listVolumes(...args),
    expandVolume: (...args) => backend.expandVolume(...args),
    modifyVolume: (...args) => backend.modifyVolume(...args),
    publishVolume: async (id, claim, context) => {
      if (!world.isLive(id, claim.node))
        wrong(`exported ${id} again to ${claim.node}, which has no attachment`);
      if (claim.onlyHeldIn === undefined) wrong(`exported ${id} again without a condition`);
      return backend.publishVolume(id, claim, context);
    },
    unpublishVolume: async (id, node, guard, context) => {
      if (node === 'all' || guard.ifEpoch === undefined) wrong(`cleared ${id} without a condition`);
      if (world.isLive(id, node)) wrong(`cleared ${id} from ${node}, which has an attachment`);
      await backend.unpublishVolume(id, node, guard, context);
      taken.push(`cleared ${id} ${node}`);
    },
    deleteVolume: async (id, context, guard) => {
      if (!guard?.unlessEverPublished) wrong(`deleted ${id} without a condition`);
      const volume = await backend.getVolume(id, context);
      if (volume?.everPublished !== false) wrong(`deleted ${id}, which a node had`);
      if (world.hasClaimant(id)) wrong(`deleted ${id}, which the cluster knows`);
      await backend.deleteVolume(id, context, guard);
      taken.push(`deleted ${id}`);
    },
    createSnapshot: (...args) => backend.createSnapshot(...args),
    createGroupSnapshot: (...args) => backend.createGroupSnapshot(...args),
    deleteSnapshot: (...args) => backend.deleteSnapshot(...args),
    getSnapshot: (...args) => backend.getSnapshot(...args),
    getGroupSnapshot: (...args) => backend.getGroupSnapshot(...args),
    listSnapshots: (...args) => backend.listSnapshots(...args),
    listRemains: () => world.remains.list(),
    removeRemains: (id) => world.remains.remove(id, taken),
    close: () => backend.close(),
  };
}
