import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { LONGEST_LINE } from '../../src/backends/routeros/script/script.ts';
import { GiB, MiB } from '../../src/core/bytes.ts';
import { type CallContext, detachedContext } from '../../src/core/call-context.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import type { Volume, VolumeSpec } from '../../src/core/storage/volume.ts';
import type { Menus } from '../simulator/menus/menu.ts';
import { SCHEMA_VERSIONS, schemaOf } from '../simulator/schema/schema.ts';
import { parseScript } from '../simulator/script/parser.ts';
import { claim, expectKind, MULTI_WRITER, node } from './bench.ts';
import { pool, type RouterosFixture, routerosFixture } from './routeros-fixtures.ts';

const context: CallContext = detachedContext(AbortSignal.timeout(120_000));
const SUPPORTED = SCHEMA_VERSIONS.filter((version) => !version.startsWith('7.20'));

/** The longest texts that there may be: cluster ids, pools and nodes of 63 characters, names of 128 bytes. */
const CLUSTER = 'c'.repeat(63);
const POOLS = ['b', 'x', 'e'].map((letter) => letter.repeat(63));
const [BTRFS = '', PLAIN = '', EXT4 = ''] = POOLS;
const NODES = ['node-a', 'node-b'].map((name) => name.padEnd(63, 'x'));
const nameOf = (text: string): string => text + 'é'.repeat((128 - text.length) >> 1);

const spec = (name: string, change: Partial<VolumeSpec> = {}): VolumeSpec => ({
  name: nameOf(name),
  requiredBytes: MiB,
  provisioning: 'thin',
  compression: false,
  ...change,
});

/** Every operation, in each way that makes it send something else. @returns the execs of each */
async function everything(
  { simulator }: RouterosFixture,
  backend: StorageBackend,
  inPool: string,
  snapshots: boolean,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const counted = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    const mark = simulator.journal.mark();
    const outcome = await work();
    counts.set(title, simulator.journal.since(mark).length);
    return outcome;
  };
  const [first = '', second = ''] = NODES;
  const of = (name: string, change: Partial<VolumeSpec> = {}) =>
    backend.createVolume(spec(name, { pool: inPool, ...change }), context);
  const pools = await counted('pools', () => backend.pools(context));
  expect(pools).toHaveLength(3);
  const { id } = await counted('create', () => of('one'));
  await counted('create again', () => of('one'));
  await counted('expand', () => backend.expandVolume(id, 2n * MiB, context));
  await counted('get', () => backend.getVolume(id, context));
  const publish = (name: string) => backend.publishVolume(id, claim(name, MULTI_WRITER), context);
  await counted('publish', () => publish(first));
  await counted('publish what is held', () => publish(first));
  await counted('publish to a second node', () => publish(second));
  await counted('list', () => backend.listVolumes({}, context));
  await counted('list a page', () => backend.listVolumes({ limit: 2 }, context));
  await counted('list a later page', () => backend.listVolumes({ limit: 2, after: id }, context));
  await counted('unpublish one', () => backend.unpublishVolume(id, node(first), {}, context));
  await counted('unpublish the last', () => backend.unpublishVolume(id, 'all', {}, context));
  await counted('health', async () => backend.health());
  if (snapshots) await withSnapshots(backend, id, of);
  await counted('delete', () => backend.deleteVolume(id, context));
  return counts;
}

async function withSnapshots(
  backend: StorageBackend,
  id: Volume['id'],
  of: (name: string, change?: Partial<VolumeSpec>) => Promise<Volume>,
): Promise<void> {
  const other = await of('other');
  const taken = await backend.createSnapshot({ name: nameOf('snapshot'), source: id }, context);
  const group = { name: nameOf('group'), sources: [id, other.id] };
  const grouped = await backend.createGroupSnapshot(group, context);
  await backend.getSnapshot(taken.id, context);
  await backend.getGroupSnapshot(grouped.id, context);
  await backend.listSnapshots({ source: id }, {}, context);
  await backend.listSnapshots({}, {}, context);
  const copies = [
    await of('restored', { contentSource: { kind: 'snapshot', id: taken.id }, requiredBytes: 2n * MiB }),
    await of('cloned', { contentSource: { kind: 'volume', id }, requiredBytes: 2n * MiB }),
  ];
  await backend.modifyVolume(id, { compression: true }, context);
  for (const snapshot of [taken.id, grouped.id]) await backend.deleteSnapshot(snapshot, context);
  for (const volume of [other, ...copies]) await backend.deleteVolume(volume.id, context);
}

const ONE = [
  'pools',
  'create',
  'create again',
  'expand',
  'get',
  'list',
  'list a page',
  'list a later page',
  'delete',
];
const KNOWN = [
  'publish',
  'publish what is held',
  'publish to a second node',
  'unpublish one',
  'unpublish the last',
];

let fixture: RouterosFixture;
const counts = new Map<string, ReadonlyMap<string, number>>();

beforeAll(async () => {
  fixture = await routerosFixture({
    version: '7.24',
    pools: [pool(BTRFS, 'btrfs', GiB), pool(PLAIN, 'xfs', GiB), pool(EXT4, 'ext4', GiB)],
    assumptions: { existingImage: 'adopted', subvolumeSpace: 'at-once' },
    driver: { options: { clusterId: CLUSTER, abilities: { adoptsImages: true } } },
  });
  counts.set('btrfs', await everything(fixture, fixture.backend, BTRFS, true));
  counts.set('plain', await everything(fixture, fixture.backend, PLAIN, false));
}, 60_000);

afterAll(() => fixture.dispose());

const lines = (): readonly string[] => fixture.simulator.journal.all().map(({ text }) => text);

describe.each(['btrfs', 'plain'])('on %s', (strategy) => {
  const of = (titles: readonly string[]) => titles.map((title) => [title, counts.get(strategy)?.get(title)]);

  test('one operation is one exec', () => {
    expect(of(ONE)).toEqual(ONE.map((title) => [title, 1]));
  });

  test('publish and unpublish are one exec where the record is known', () => {
    expect(of(KNOWN)).toEqual(KNOWN.map((title) => [title, 1]));
  });

  test('what Probe asks is none', () => {
    expect(of(['health'])).toEqual([['health', 0]]);
  });
});

test('publish and unpublish are two execs where the record is not known', async () => {
  const { id } = await fixture.backend.createVolume(spec('forgotten', { pool: PLAIN }), context);
  const restarted = await fixture.restart?.();
  if (!restarted) throw new Error('the fixture cannot restart');
  const { journal } = fixture.simulator;
  const publish = await journal.during(() => restarted.publishVolume(id, claim('node-a'), context));
  const again = await fixture.restart?.();
  const unpublish = await journal.during(async () => again?.unpublishVolume(id, 'all', {}, context));
  // The gate's line, with which a connection begins, is no part of an operation.
  const own = (entries: typeof publish) => entries.filter(({ text }) => !text.includes('/system/package'));
  expect([own(publish).length, own(unpublish).length]).toEqual([2, 2]);
});

test.each(SUPPORTED)(
  'every line of the driver is valid on RouterOS %s, branches that were not taken too',
  (version) => {
    const schema = schemaOf(version);
    const menus: Menus = {
      isMenu: (path) => schema.isMenu(path),
      hasCommand: (path, command) => schema.hasCommand(path, command),
      hasArgument: (path, command, argument) => schema.hasArgument(path, command, argument),
      run: () => Promise.reject(new Error('nothing runs here')),
    };
    expect(lines().length).toBeGreaterThan(40);
    for (const line of lines()) parseScript(line, menus);
  },
);

test('RouterOS 7.20 is turned away by the gate, since the lines are not valid there', () => {
  const schema = schemaOf('7.20.8');
  expect(schema.hasArgument('/disk', 'set', 'nvme-tcp-server-nqn')).toBe(false);
});

test('no line is longer than the one that the gate has tried', () => {
  const lengths = lines().map((line) => Buffer.byteLength(line));
  expect(Math.max(...lengths)).toBe(LONGEST_LINE);
  expect(lengths.filter((length) => length > LONGEST_LINE)).toEqual([]);
});

test('what would need a longer line is refused in words, and not sent', async () => {
  const backend = await fixture.restart?.();
  if (!backend) throw new Error('the fixture cannot restart');
  const names = Array.from({ length: 60 }, (_, at) => `member-${at}`);
  const sources = await Promise.all(
    names.map(async (name) => (await backend.createVolume(spec(name, { pool: BTRFS }), context)).id),
  );
  const group = { name: nameOf('crowd'), sources };
  await expectKind('unsupported', backend.createGroupSnapshot(group, context), String(LONGEST_LINE));
  await backend.createGroupSnapshot({ ...group, sources: sources.slice(0, 4) }, context);
});
