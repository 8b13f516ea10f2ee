import { expect } from 'bun:test';
import { clusterTag, readRecord } from '../../src/backends/routeros/records/volume-record.ts';
import { MiB } from '../../src/core/bytes.ts';
import type { CallContext } from '../../src/core/call-context.ts';
import type { Volume, VolumeSpec } from '../../src/core/storage/volume.ts';
import type { VolumeId } from '../../src/core/storage/volume-id.ts';
import { CLUSTER, slotOf, spec, type World } from './world.ts';

/** One operation of the port, ready to be called, in a world where other things go on. */
export interface Act {
  /** Matches the execs that the operation sends, and no others. */
  readonly execs: RegExp;
  run(context: CallContext): Promise<unknown>;
  /** Whether the appliance is as the outcome says. @throws where it is not */
  verify(outcome: unknown): void;
  /** Removes all that belongs to it, as a CO would. */
  end(): Promise<void>;
  /** Of which nothing may be left behind the end. */
  readonly slots: readonly string[];
  /** What it makes: after a failure whose outcome is known, none of it may be there. */
  readonly makes?: readonly string[];
}

export interface Scenario {
  readonly title: string;
  /** Whether it changes anything: the outcome of a read is never unknown. */
  readonly writes: boolean;
  /** Its execs cannot be told from others': nothing else may go on meanwhile. */
  readonly alone?: boolean;
  /** @param key makes its names its own */
  begin(world: World, key: string): Promise<Act>;
}

/** Matches execs in which any of these texts stands. */
export const naming = (...slots: readonly string[]): RegExp => new RegExp(slots.map(RegExp.escape).join('|'));

export const created = (world: World, name: string, change: Partial<VolumeSpec>): Promise<Volume> =>
  world.persist((context) => world.backend.createVolume(spec(name, change), context));

/** A volume that is there before the operation, and that nobody may lose. */
export async function kept(world: World, name: string, change: Partial<VolumeSpec>): Promise<Volume> {
  const volume = await created(world, name, change);
  world.acknowledge(slotOf(volume.id));
  return volume;
}

export async function removed(world: World, id: VolumeId): Promise<void> {
  world.release(slotOf(id));
  await world.persist((context) => world.backend.unpublishVolume(id, 'all', {}, context));
  await world.persist((context) => world.backend.deleteVolume(id, context));
}

/** A volume is whole: disk, image and its own record beside it, and no export that nobody asked for. */
export function requireWhole(world: World, id: VolumeId, bytes: bigint = MiB): void {
  const slot = slotOf(id);
  const disk = world.acknowledge(slot);
  expect({ size: disk.fileSize, hasImage: disk.hasImage, mounts: disk.mountFilesystem }).toEqual({
    size: bytes,
    hasImage: true,
    mounts: false,
  });
  expect(disk.comment).toMatch(/^rc[12];/);
  const record = disk.filePath.slice(1).replace(/[.]img$/, '.rec');
  const beside = world.simulator.appliance.files().find(({ name }) => name === record);
  expect(JSON.parse(beside?.contents ?? 'null')).toMatchObject({ slot, port: Number(disk.nvmePort) });
}

export const CONNECTION = { ctrlLossTimeout: 1800, fastIoFailTimeout: 'off' } as const;

/** What was modified of its connection, by the appliance's own record. */
export function connectionOf(world: World, { id }: Volume) {
  const read = readRecord(world.simulator.appliance.disk(slotOf(id))?.comment ?? '', clusterTag(CLUSTER));
  if (read.state !== 'ours') throw new Error(`the record of ${id} is ${read.state}`);
  return read.record.connection;
}

/** What is exported of a volume. */
export const exportsOf = (world: World, id: VolumeId) =>
  world.simulator.appliance.exports().filter(({ slot }) => slot === slotOf(id));
