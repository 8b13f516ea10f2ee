import { expect } from 'bun:test';
import { MiB } from '../../src/core/bytes.ts';
import type { Export, Volume } from '../../src/core/storage/volume.ts';
import { claim } from '../contract/bench.ts';
import { exportsOf, kept, removed, requireWhole } from './scenario.ts';
import { slotOf, type World, within } from './world.ts';

/**
 * A volume's life on one pool, with a host that is connected: each step is checked on the appliance itself, and
 * nothing is left. For whatever variant of the appliance: what differs there must not differ here.
 */
export async function live(world: World, pool: string): Promise<void> {
  const { backend } = world;
  const volume = await kept(world, `life-${pool}`, { pool });
  requireWhole(world, volume.id);
  expect(await backend.createVolume({ ...specOf(volume) }, within(5_000))).toEqual(volume);
  await backend.expandVolume(volume.id, 2n * MiB, within(5_000));
  requireWhole(world, volume.id, 2n * MiB);
  const first = await publish(world, volume, 'node-a');
  const host = world.simulator.appliance.connectInitiator(first.nqn, portOf(first), 'nqn.host-a');
  expect(await publish(world, volume, 'node-a')).toEqual(first);
  expect(host.live).toBe(true);
  expect((await backend.expandVolume(volume.id, 3n * MiB, within(5_000))).capacityBytes).toBe(3n * MiB);
  expect(host.live).toBe(true);
  expect((await backend.listVolumes({ limit: 10 }, within(5_000))).items).toMatchObject([
    { id: volume.id, capacityBytes: 3n * MiB, conditions: [] },
  ]);
  host.disconnect();
  await backend.unpublishVolume(volume.id, 'all', {}, within(5_000));
  expect(exportsOf(world, volume.id)).toEqual([]);
  const second = await publish(world, volume, 'node-b');
  expect(second.nqn).not.toBe(first.nqn);
  expect(portOf(second)).toBe(portOf(first));
  expect(() => world.simulator.appliance.connectInitiator(first.nqn, portOf(first), 'nqn.host-a')).toThrow();
  await removed(world, volume.id);
  expect(world.remains(slotOf(volume.id))).toEqual([]);
  expect(world.losses).toEqual([]);
}

const specOf = ({ name, pool }: Volume) =>
  ({ name, pool, requiredBytes: MiB, provisioning: 'thin', compression: false }) as const;

async function publish(world: World, { id }: Volume, node: string): Promise<Export> {
  const granted = await world.backend.publishVolume(id, claim(node), within(5_000));
  expect(exportsOf(world, id)).toMatchObject([{ nqn: granted.nqn, port: portOf(granted) }]);
  return granted;
}

const portOf = (granted: Export): number => ('port' in granted ? granted.port : 0);
