import { describe } from 'bun:test';
import { Placement } from '../../src/core/services/controller/placement.ts';
import { Fleet } from '../../src/core/storage/fleet.ts';
import { listAcross } from '../../src/core/storage/list-across.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import { slotFor } from '../../src/core/storage/volume-id.ts';
import type { BackendFixture } from './bench.ts';
import { concurrencyContract } from './concurrency.contract.ts';
import { listsContract } from './lists.contract.ts';
import { memoryStores, mockFixture } from './mock-fixtures.ts';
import { publicationsContract } from './publications.contract.ts';
import { checkOver } from './storage-backend.contract.ts';

/** A fleet through the doors that the services use, as if it were one appliance. */
function asOne(fleet: Fleet, clusterId: string): StorageBackend {
  const placement = new Placement({
    fleet,
    driverName: 'rose-csi.io',
    slotOf: (name) => slotFor(clusterId, name),
  });
  const [first] = fleet.members;
  if (!first) throw new Error('no member');
  const { name, capabilities } = first;
  return {
    name,
    capabilities,
    health: () => first.health(),
    pools: async (context) => (await Promise.all(fleet.members.map((one) => one.pools(context)))).flat(),
    createVolume: (spec, context) => {
      const request = { name: spec.name, parameters: spec, source: spec.contentSource, topology: undefined };
      return placement.make(request, context, (member) => member.createVolume(spec, context));
    },
    deleteVolume: (id, ...rest) => fleet.of(id).deleteVolume(id, ...rest),
    getVolume: (id, context) => fleet.of(id).getVolume(id, context),
    listVolumes: (page, context) => listAcross(fleet, page, (one, part) => one.listVolumes(part, context)),
    expandVolume: (id, bytes, context) => fleet.of(id).expandVolume(id, bytes, context),
    modifyVolume: (id, change, context) => fleet.of(id).modifyVolume(id, change, context),
    publishVolume: (id, claim, context) => fleet.of(id).publishVolume(id, claim, context),
    unpublishVolume: (id, node, guard, context) => fleet.of(id).unpublishVolume(id, node, guard, context),
    createSnapshot: (spec, context) => fleet.of(spec.source).createSnapshot(spec, context),
    createGroupSnapshot: () => Promise.reject(new Error('the service checks that the volumes are on one')),
    deleteSnapshot: (id, context) => fleet.of(id).deleteSnapshot(id, context),
    getSnapshot: (id, context) => fleet.of(id).getSnapshot(id, context),
    getGroupSnapshot: (id, context) => fleet.of(id).getGroupSnapshot(id, context),
    listSnapshots: (filter, page, context) =>
      listAcross(fleet, page, (one, part) => one.listSnapshots(filter, part, context)),
    listRemains: () => Promise.reject(new Error('each appliance has its own')),
    removeRemains: () => Promise.reject(new Error('each appliance has its own')),
    close: () => fleet.close(),
  };
}

async function fleetFixture(): Promise<BackendFixture> {
  const pool = (name: string) => [{ name, capacityBytes: 64n * 1024n * 1024n }];
  const members = await Promise.all([
    mockFixture(memoryStores(), { name: 'attic', pools: pool('fast') }),
    mockFixture(memoryStores(), { name: 'cellar', pools: pool('slow') }),
  ]);
  const backend = asOne(new Fleet(members.map((member) => member.backend)), 'contract');
  return { backend, dispose: () => backend.close() };
}

// What is not here is a single appliance's own: which pool is the default, what its pools have, outages, snapshots.
describe('a fleet of two mocks, as if it were one appliance', () => {
  const check = checkOver(fleetFixture);
  describe('lists', () => listsContract(check));
  describe('publications', () => publicationsContract(check));
  describe('concurrency', () => concurrencyContract(check));
});
