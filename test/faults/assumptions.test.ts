import { describe, expect, test } from 'bun:test';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import { claim, expectKind, rejection } from '../contract/bench.ts';
import type { Assumptions } from '../simulator/appliance/assumptions.ts';
import { live } from './life.ts';
import { created, exportsOf, kept, removed } from './scenario.ts';
import { BTRFS, PLAIN, slotOf, spec, World, within } from './world.ts';

/** Each of what nobody knows of the device, one by one the other way round, and all of them as a driver would wish. */
const VARIANTS: readonly Partial<Assumptions>[] = [
  { existingImage: 'refused' },
  { existingImage: 'truncated' },
  { missingFolder: 'created' },
  { imageAllocation: 'sparse' },
  { growthWhileExported: 'at-once' },
  { shrink: 'done' },
  { stopExport: 'keeps-session' },
  { stopExport: 'busy' },
  { stopExport: 'hangs' },
  { changeWhileExported: 're-exports' },
  { targetWhileNotExported: 'shown' },
  { duplicateNqn: 'allowed' },
  { duplicatePort: 'refused' },
  { duplicatePath: 'allowed' },
  { removeFolder: 'with-content' },
  { removeUsedFile: 'done' },
  { removeUsedSubvolume: 'done' },
  { subvolumeSpace: 'later' },
  { subvolumeParent: 'name' },
  { subvolumeParent: 'fullname' },
  { falseFlags: 'false' },
  { countOnlyPrints: false },
  { wrapPutAt: 40 },
  { wrapPutAt: 80 },
  { execOutputWidth: 40 },
  { errorExitCode: 1 },
];

async function inWorld(
  assumptions: Partial<Assumptions>,
  body: (world: World) => Promise<void>,
): Promise<void> {
  const world = await World.open({ assumptions });
  try {
    await body(world);
  } finally {
    await world.close();
  }
}

describe.each(VARIANTS.map((variant) => [JSON.stringify(variant), variant] as const))(
  'with %s',
  (_, variant) => {
    test.each([PLAIN, BTRFS])("a volume's life on %s is what it is said to be", (pool) =>
      inWorld(variant, (world) => live(world, pool)),
    );
  },
);

describe('while a host is connected', () => {
  async function connected(world: World) {
    const volume = await kept(world, 'v', { pool: PLAIN });
    const granted = await world.backend.publishVolume(volume.id, claim('node-a'), within(5_000));
    const port = 'port' in granted ? granted.port : 0;
    const host = world.simulator.appliance.connectInitiator(granted.nqn, port, 'nqn.host-a');
    return { volume, host };
  }

  test('an appliance that stops exports drops it', () =>
    inWorld({}, async (world) => {
      const { volume, host } = await connected(world);
      await world.backend.unpublishVolume(volume.id, 'all', {}, within(5_000));
      expect(host.live).toBe(false);
      await removed(world, volume.id);
    }));

  test('an appliance that refuses to stop its export keeps the claim, and another node does not get the volume', () =>
    inWorld({ stopExport: 'busy' }, async (world) => {
      const { volume, host } = await connected(world);
      const { backend } = world;
      await expectKind('in-use', backend.unpublishVolume(volume.id, 'all', {}, within(5_000)));
      await expectKind('in-use', backend.publishVolume(volume.id, claim('node-b'), within(5_000)));
      await expectKind('in-use', backend.deleteVolume(volume.id, within(5_000)));
      expect(host.live).toBe(true);
      expect(exportsOf(world, volume.id)).toHaveLength(1);
      host.disconnect();
      await removed(world, volume.id);
      expect(world.losses).toEqual([]);
    }));

  test('an appliance that hangs over it costs the caller no more than their patience', () =>
    inWorld({ stopExport: 'hangs' }, async (world) => {
      const { volume, host } = await connected(world);
      const { backend } = world;
      const patience = within(300);
      expect(await outcome(backend.unpublishVolume(volume.id, 'all', {}, patience))).toBe(
        patience.signal.reason,
      );
      const publish = backend.publishVolume(volume.id, claim('node-b'), within(5_000));
      await expectKind('in-use', publish);
      host.disconnect();
      await removed(world, volume.id);
    }));
});

const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('an image that is there already', () => {
  test('is refused in words where the appliance refuses it, and leaves no copy', () =>
    inWorld({ existingImage: 'refused' }, async (world) => {
      const source = await kept(world, 'source', { pool: BTRFS });
      const contentSource = { kind: 'volume', id: source.id } as const;
      const before = world.everything();
      const error = await rejection(
        world.backend.createVolume(spec('copy', { contentSource }), within(5_000)),
      );
      expect(error).toBeInstanceOf(BackendError);
      expect(error.message).toContain('exists');
      expect(world.everything()).toEqual(before);
    }));

  test('is never adopted by a volume without a source', () =>
    inWorld({ existingImage: 'adopted' }, async (world) => {
      const { id } = await created(world, 'v', { pool: PLAIN });
      const path = world.simulator.appliance.disk(slotOf(id))?.filePath ?? '';
      await world.backend.deleteVolume(id, within(5_000));
      world.simulator.appliance.plantFile(path, 5n << 20n);
      const again = world.backend.createVolume(spec('v', { pool: PLAIN }), within(5_000));
      await expectKind('precondition', again, 'image');
      await world.backend.deleteVolume(id, within(5_000));
      expect(world.remains(slotOf(id))).toEqual([`file ${path.slice(1)}`]);
    }));
});
