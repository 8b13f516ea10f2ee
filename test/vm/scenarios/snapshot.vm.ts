import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiB } from '../../../src/core/bytes.ts';
import { sh } from '../../host/support/shell.ts';
import { blockCapability, mountCapability } from '../../support/node/node-requests.ts';
import { mountBtrfsPool, POOL } from '../support/appliance.ts';
import { begin, CsiVolume, end } from '../support/csi-volume.ts';
import { checksum, Writer, writeRandom } from '../support/data.ts';
import { Node, type NodeVolume } from '../support/node.ts';
import { SimulatedAppliance } from '../support/simulated-appliance.ts';
import { subsystems } from '../support/subsystems.ts';

/** Snapshots are those of a real btrfs, and share its extents. */
const SIZE = 384n * MiB;
const SNAPSHOTS = 50;
const DATA_MB = 48;

let appliance: SimulatedAppliance;
let node: Node;
beforeAll(async () => {
  mountBtrfsPool();
  const assumptions = { existingImage: 'adopted', imageAllocation: 'sparse' } as const;
  appliance = await SimulatedAppliance.start(assumptions, { subvolumes: true });
  node = await Node.start({ CSI_MODE: 'all', RDS_EXISTING_IMAGES: 'adopted', ...appliance.settings() });
});
afterAll(async () => {
  await node.stop();
  await appliance.stop();
  expect(subsystems()).toEqual([]);
});

test.each(['ext4', 'xfs'])(
  'a volume restored from a snapshot of a mounted %s is mounted beside its source, with all that was acknowledged before',
  async (fsType) => {
    const capability = mountCapability({ fsType });
    const source = await begin(node, await create(`${fsType}-source`), capability);
    const sum = writeRandom(join(source.published, 'data'), 8);
    const writer = await startWriter(source, `${fsType}-source`);
    const acknowledged = writer.acknowledged.length;
    const snapshotId = await source.volume.snapshot(`${fsType}-snapshot`);
    expect(await writer.stop()).toBe(0);
    writeFileSync(join(source.published, 'data'), 'written after the snapshot');
    const wish = { name: `${fsType}-restored`, bytes: 2n * SIZE, capability, source: { snapshotId } };
    const restored = await begin(node, await CsiVolume.create(node.controller, wish), capability);
    expect(source.mounts()).toHaveLength(1);
    expect(checksum(join(restored.published, 'data'))).toBe(sum);
    expect(damagedOfFirst(acknowledged, writer, restored)).toEqual([]);
    const [bytes] = await restored.usage();
    expect(bytes?.total).toBeGreaterThan(SIZE + SIZE / 2n);
    for (const used of [restored, source]) {
      await end(used);
      await used.volume.delete();
    }
    await deleteSnapshot(snapshotId);
    expectNothingLeft();
  },
);

test.each([
  ['ext4', ['fsck.ext4', '-fn']],
  ['xfs', ['xfs_repair', '-n']],
] as const)(
  'a clone taken of an %s while it is written to has all that was acknowledged, and is clean once its journal was replayed',
  async (fsType, [checker, flag]) => {
    const capability = mountCapability({ fsType });
    const source = await begin(node, await create(`${fsType}-cloned`), capability);
    const writer = await startWriter(source, `${fsType}-cloned`);
    const acknowledged = writer.acknowledged.length;
    const wish = { name: `${fsType}-clone`, bytes: SIZE, capability, source: { volumeId: source.volume.id } };
    const cloned = await CsiVolume.create(node.controller, wish);
    await writer.progress(3);
    const clone = await begin(node, cloned, capability);
    expect(damagedOfFirst(acknowledged, writer, clone)).toEqual([]);
    await clone.unpublish();
    // Looked at before it goes, as nobody can afterwards.
    sh('umount', clone.staging);
    sh(checker, flag, clone.device() ?? '');
    await clone.unstage();
    await cloned.unpublish();
    expect(await writer.stop()).toBe(0);
    expect(writer.damaged()).toEqual([]);
    await end(source);
    for (const volume of [source.volume, cloned]) await volume.delete();
    expectNothingLeft();
  },
);

test('50 snapshots of a volume in use take the same time each and share its bytes, and go in any order', async () => {
  const source = await begin(node, await create('many'), mountCapability());
  const sum = writeRandom(join(source.published, 'data'), DATA_MB);
  const before = usedBytes();
  const taken: { readonly id: string; readonly ms: number }[] = [];
  for (let count = 0; count < SNAPSHOTS; count++) {
    writeFileSync(join(source.published, 'count'), String(count));
    const started = performance.now();
    const id = await source.volume.snapshot(`many-${count}`);
    taken.push({ id, ms: performance.now() - started });
  }
  const grown = usedBytes() - before;
  const [first, last] = [taken.slice(0, 10), taken.slice(-10)].map((ten) => median(ten.map(({ ms }) => ms)));
  process.stdout.write(
    `  ${SNAPSHOTS} snapshots of ${DATA_MB} MiB: the first ten ${first} ms each, the last ten ${last} ms; ` +
      `the pool grew by ${Math.round(grown / 2 ** 20)} MiB\n`,
  );
  // Two of them that shared nothing would be more.
  expect(grown).toBeLessThan(2 * DATA_MB * 2 ** 20);
  expect(realSubvolumes()).toBeGreaterThanOrEqual(SNAPSHOTS);
  const odd = taken.filter((_, index) => index % 2 === 1).toReversed();
  const even = taken.filter((_, index) => index % 2 === 0);
  for (const { id } of [...odd, ...even]) await deleteSnapshot(id);
  expect(checksum(join(source.published, 'data'))).toBe(sum);
  await end(source);
  await source.volume.delete();
  expectNothingLeft();
});

/** What goes, in which order: a volume, its snapshot, and what was restored from that. */
const ORDERS = [
  ['volume', 'snapshot', 'restored'],
  ['volume', 'restored', 'snapshot'],
  ['snapshot', 'volume', 'restored'],
  ['snapshot', 'restored', 'volume'],
  ['restored', 'volume', 'snapshot'],
  ['restored', 'snapshot', 'volume'],
] as const;

test.each(ORDERS)(
  '%s, then %s, then %s are deleted, and what is left is whole',
  async (first, second, third) => {
    const order = [first, second, third];
    const name = order.join('-');
    const capability = blockCapability();
    const volume = await create(`${name}-volume`, capability);
    const old = await onDevice(volume, (device) => writeRandom(device, 4));
    const snapshotId = await volume.snapshot(`${name}-snapshot`);
    const young = await onDevice(volume, (device) => writeRandom(device, 4));
    const restore = (as: string) =>
      CsiVolume.create(node.controller, {
        ...{ name: `${name}-${as}`, bytes: SIZE, capability },
        source: { snapshotId },
      });
    const restored = await restore('restored');
    const read = (of: CsiVolume) => onDevice(of, (device) => checksum(device, 4));
    const parts = {
      volume: { delete: () => volume.delete(), read: () => read(volume), sum: young },
      restored: { delete: () => restored.delete(), read: () => read(restored), sum: old },
      snapshot: {
        delete: () => deleteSnapshot(snapshotId),
        read: async () => {
          const another = await restore('another');
          const sum = await read(another);
          await another.delete();
          return sum;
        },
        sum: old,
      },
    };
    for (const [index, what] of order.entries()) {
      await parts[what].delete();
      for (const left of order.slice(index + 1)) expect(await parts[left].read()).toBe(parts[left].sum);
    }
    expectNothingLeft();
  },
);

const create = (name: string, capability = mountCapability()) =>
  CsiVolume.create(node.controller, { name, bytes: SIZE, capability });

const deleteSnapshot = (snapshotId: string) => node.controller.deleteSnapshot({ snapshotId, secrets: {} });

/** Publishes a raw volume for as long as the work takes. */
async function onDevice<Result>(volume: CsiVolume, work: (device: string) => Result): Promise<Result> {
  const used = await begin(node, volume, blockCapability());
  const result = work(used.published);
  await end(used);
  return result;
}

async function startWriter(used: NodeVolume<CsiVolume>, name: string): Promise<Writer> {
  const [work, notes] = [join(used.published, 'work'), join(node.folder, `notes-${name}`)];
  for (const folder of [work, notes]) mkdirSync(folder);
  const writer = new Writer(work, notes);
  await writer.progress(5);
  return writer;
}

/** On another volume, of the files that the writer was told of first. */
function damagedOfFirst(files: number, writer: Writer, on: NodeVolume<CsiVolume>): string[] {
  const first = new Set(writer.acknowledged.slice(0, files));
  return writer.damaged(join(on.published, 'work')).filter((name) => first.has(name));
}

function expectNothingLeft(): void {
  // The root of the pool's file system is one, too.
  expect(appliance.simulator.appliance.subvolumes()).toHaveLength(1);
  expect(realSubvolumes()).toBe(0);
}

/** As btrfs has them, without its root. */
const realSubvolumes = (): number =>
  sh('btrfs', 'subvolume', 'list', POOL)
    .split('\n')
    .filter((line) => line !== '').length;

function usedBytes(): number {
  sh('btrfs', 'filesystem', 'sync', POOL);
  const used = /^\s*Used:\s*(\d+)/m.exec(sh('btrfs', 'filesystem', 'usage', '--raw', POOL))?.[1];
  return Number(used);
}

const median = (values: readonly number[]): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
