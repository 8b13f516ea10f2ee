import { expect } from 'bun:test';
import { clusterTag, writeRecord } from '../../src/backends/routeros/records/volume-record.ts';
import { MiB } from '../../src/core/bytes.ts';
import type { CallContext } from '../../src/core/call-context.ts';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import type { Volume } from '../../src/core/storage/volume.ts';
import { type VolumeId, volumeId } from '../../src/core/storage/volume-id.ts';
import { claim } from '../contract/bench.ts';
import { exportsOf, naming, type Scenario } from './scenario.ts';
import { CLUSTER, PLAIN, slotOf, type World } from './world.ts';

const PORT = 4420;

/** A disk of somebody's, with the record that an import writes. */
function importedDisk(world: World, key: string): VolumeId {
  const slot = key.slice(0, 32);
  const comment = writeRecord({
    cluster: clusterTag(CLUSTER),
    revision: 1,
    provisioning: 'thin',
    port: PORT,
    mayFormat: false,
    everPublished: true,
    imported: true,
    publications: [],
    name: slot,
  });
  world.simulator.appliance.fileDisks.add({
    slot,
    comment,
    filePath: `/${PLAIN}/${slot}.raw`,
    fileSize: MiB,
    nvmePort: BigInt(PORT),
    mountFilesystem: false,
  });
  world.acknowledge(slot);
  return volumeId('rds', slot);
}

/** Its owner takes disk and image away: no operation of the driver does. */
async function takenAway(world: World, id: VolumeId): Promise<void> {
  await world.persist((context) => world.backend.unpublishVolume(id, 'all', {}, context));
  const { fileDisks, table, tree } = world.simulator.appliance;
  const item = table.slot(slotOf(id));
  if (item?.kind !== 'file') throw new Error(`${id} has no disk any more`);
  world.release(slotOf(id));
  const { image } = item;
  fileDisks.remove([item]);
  if (image) tree.remove(image);
}

function imported(
  title: string,
  run: (world: World, id: VolumeId, context: CallContext) => Promise<unknown>,
  verify: (world: World, id: VolumeId, outcome: unknown) => void,
  published = false,
): Scenario {
  return {
    title,
    writes: true,
    begin: async (world, key) => {
      const id = importedDisk(world, key);
      if (published)
        await world.persist((context) => world.backend.publishVolume(id, claim('node-a'), context));
      return {
        execs: naming(slotOf(id)),
        slots: [slotOf(id)],
        run: (context) => run(world, id, context),
        verify: (outcome) => verify(world, id, outcome),
        end: () => takenAway(world, id),
      };
    },
  };
}

/** The refusal is what is wanted; whatever else happens is told. */
async function refusedDeletion(world: World, id: VolumeId, context: CallContext): Promise<'refused'> {
  try {
    await world.backend.deleteVolume(id, context);
  } catch (error) {
    if (error instanceof BackendError && error.kind === 'precondition') return 'refused';
    throw error;
  }
  throw new Error(`${id} was deleted`);
}

/** Disks that the driver did not make: their slots, paths and ports have another form. */
export const IMPORTED_SCENARIOS: readonly Scenario[] = [
  imported(
    'imp. publish',
    (world, id, context) => world.backend.publishVolume(id, claim('node-a'), context),
    (world, id, outcome) => {
      expect(outcome).toMatchObject({ mayFormat: false, port: PORT });
      expect(exportsOf(world, id)).toMatchObject([{ port: PORT, bytes: MiB }]);
    },
  ),
  imported(
    'imp. unpublish',
    (world, id, context) => world.backend.unpublishVolume(id, 'all', {}, context),
    (world, id) => expect(exportsOf(world, id)).toEqual([]),
    true,
  ),
  imported(
    'imp. expand',
    (world, id, context) => world.backend.expandVolume(id, 3n * MiB, context),
    (world, id, outcome) => {
      expect((outcome as Volume).capacityBytes).toBe(3n * MiB);
      expect(world.simulator.appliance.disk(slotOf(id))?.fileSize).toBe(3n * MiB);
    },
  ),
  imported('imp. delete', refusedDeletion, (world, id) =>
    expect(world.simulator.appliance.disk(slotOf(id))?.hasImage).toBe(true),
  ),
];
