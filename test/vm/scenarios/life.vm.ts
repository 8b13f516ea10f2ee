import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { MiB } from '../../../src/core/bytes.ts';
import { blockCapability, mountCapability } from '../../support/node/node-requests.ts';
import { Appliance } from '../support/appliance.ts';
import { checksum, Writer, writeRandom } from '../support/data.ts';
import { expectRefusal, Node, type NodeVolume } from '../support/node.ts';
import { until } from '../support/patience.ts';
import { subsystems } from '../support/subsystems.ts';

const appliance = new Appliance();
const SIZE = 384n * MiB;
const HTTP_ADDRESS = '127.0.0.1:9100';
let node: Node;
beforeAll(async () => {
  const started = performance.now();
  node = await Node.start({ CSI_MODE: 'node', HTTP_ADDRESS });
  process.stdout.write(`  driver is ready after ${Math.round(performance.now() - started)} ms\n`);
});
afterAll(async () => {
  await node.stop();
  expect(subsystems()).toEqual([]);
});

describe.each(['ext4', 'xfs', 'btrfs'])('a volume with %s', (fsType) => {
  test('is made, written, moved, grown while it is written to, and found as it was left', async () => {
    const volume = appliance.newVolume(SIZE);
    const used = node.use(volume, mountCapability({ fsType }));
    const file = join(used.published, 'data');
    await timed(`${fsType}: first stage`, () => used.stage());
    await used.stage();
    await used.publish();
    await used.publish();
    expect(used.mounts()).toHaveLength(1);
    const sum = writeRandom(file, 32);
    const writer = startWriter(used);
    await writer.progress(1);
    volume.grow(2n * SIZE);
    await timed(`${fsType}: growth`, () => used.expand(2n * SIZE));
    await used.expand(2n * SIZE);
    await writer.progress(1);
    expect(await writer.stop()).toBe(0);
    const [bytes] = await used.usage();
    expect(bytes?.total).toBeGreaterThan(SIZE + SIZE / 2n);
    await used.unpublish();
    await timed(`${fsType}: unstage`, () => used.unstage());
    await used.unstage();
    expect(used.device()).toBeUndefined();
    volume.unpublish();
    volume.publish();
    await timed(`${fsType}: second stage`, () => used.stage());
    await used.publish();
    expect(checksum(file)).toBe(sum);
    expect(writer.damaged()).toEqual([]);
    await used.unpublish();
    await used.unstage();
  });
});

function startWriter(used: NodeVolume): Writer {
  const notes = join(node.folder, `notes-${used.volume.port}`);
  mkdirSync(join(used.published, 'work'));
  mkdirSync(notes);
  return new Writer(join(used.published, 'work'), notes);
}

test('a raw block volume is written, grown, and found as it was left', async () => {
  const volume = appliance.newVolume(64n * MiB);
  const used = node.use(volume, blockCapability());
  await used.stage();
  await used.publish();
  await used.publish();
  expect(statSync(used.published).isBlockDevice()).toBe(true);
  const sum = writeRandom(used.published, 32);
  volume.grow(128n * MiB);
  expect(await used.expand(128n * MiB)).toEqual({ capacityBytes: 128n * MiB });
  expect(await used.usage()).toMatchObject([{ total: 128n * MiB }]);
  await used.unpublish();
  await used.unstage();
  volume.unpublish();
  volume.publish();
  await used.stage();
  await used.publish();
  expect(checksum(used.published, 32)).toBe(sum);
  await used.unpublish();
  await used.unstage();
});

test('is read by a reader that cannot write', async () => {
  const volume = appliance.newVolume(64n * MiB);
  const used = node.use(volume);
  await used.stage();
  await used.publish();
  writeFileSync(join(used.published, 'data'), 'written');
  await used.unpublish();
  await used.publish(true);
  expect(readFileSync(join(used.published, 'data'), 'utf8')).toBe('written');
  expect(() => writeFileSync(join(used.published, 'data'), 'again')).toThrow('EROFS');
  await used.unpublish();
  await used.unstage();
});

test('an unstage while a process holds a file is refused, and succeeds when it is closed, with all data', async () => {
  const used = node.use(appliance.newVolume(64n * MiB));
  await used.stage();
  const path = join(used.staging, 'data');
  const file = openSync(path, 'w');
  writeSync(file, 'first ');
  await expectRefusal(used.unstage(), 'FAILED_PRECONDITION', /busy/);
  expect(used.device()).toBeDefined();
  writeSync(file, 'second');
  closeSync(file);
  await used.unstage();
  await used.stage();
  expect(readFileSync(path, 'utf8')).toBe('first second');
  await used.unstage();
});

test('two volumes whose devices swapped their names keep their data', async () => {
  const [a, b] = [node.use(appliance.newVolume(64n * MiB)), node.use(appliance.newVolume(64n * MiB))];
  for (const used of [a, b]) {
    await used.stage();
    writeFileSync(join(used.staging, 'name'), used.volume.id);
  }
  const before = [a.device(), b.device()];
  for (const used of [a, b]) await used.unstage();
  for (const used of [b, a]) await used.stage();
  expect([b.device(), a.device()]).toEqual(before);
  for (const used of [a, b]) {
    expect(readFileSync(join(used.staging, 'name'), 'utf8')).toBe(used.volume.id);
    await used.unstage();
  }
});

test('a scrape shows what a volume reads and writes, and a connection that is lost and comes back', async () => {
  const used = node.use(appliance.newVolume(64n * MiB), blockCapability());
  await used.stage();
  await used.publish();
  const before = await scrape(used);
  expect(before).toMatchObject({ 'connections live': 1, reconnects_total: 0 });
  const sum = writeRandom(used.published, 8);
  expect(checksum(used.published, 8)).toBe(sum);
  const after = await scrape(used);
  for (const name of ['written_bytes_total', 'read_bytes_total']) {
    expect(Number(after[name]) - Number(before[name])).toBeGreaterThanOrEqual(8 << 20);
  }
  for (const name of ['writes_total', 'write_seconds_total', 'reads_total', 'read_seconds_total']) {
    expect(after[name]).toBeGreaterThan(before[name] ?? 0);
  }
  used.volume.withdraw();
  await until('it is seen as lost', async () => (await scrape(used))['connections connecting'] === 1);
  expect(await scrape(used)).toMatchObject({ 'connections live': 0 });
  used.volume.restore();
  await until('it is seen as back', async () => (await scrape(used))['connections live'] === 1);
  await until('the return is counted', async () => (await scrape(used))['reconnects_total'] === 1);
  await used.unpublish();
  await used.unstage();
  expect(await scrape(used)).toEqual({});
});

/** A volume's metrics by name, and by state where they have one. */
async function scrape({ volume }: NodeVolume): Promise<Record<string, number>> {
  const text = await (await fetch(`http://${HTTP_ADDRESS}/metrics`)).text();
  const lines = text.matchAll(/^rose_csi_volume_(\w+)\{([^}]*)\} (\S+)$/gm);
  const own = [...lines].filter(([, , labels = '']) => labels.includes(`volume="${volume.id}"`));
  return Object.fromEntries(
    own.map(([, name = '', labels = '', value]) => {
      const state = /state="(\w+)"/.exec(labels)?.[1];
      return [state === undefined ? name : `${name} ${state}`, Number(value)];
    }),
  );
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  process.stdout.write(`  ${what}: ${Math.round(performance.now() - started)} ms\n`);
  return result;
}
