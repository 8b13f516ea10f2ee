import { describe, expect, test } from 'bun:test';
import { MiB } from '../../core/bytes.ts';
import { type CallContext, detachedContext } from '../../core/call-context.ts';
import type { Clock } from '../../core/clock.ts';
import { BackendError } from '../../core/storage/backend-error.ts';
import { NqnNaming } from '../../core/storage/nqn.ts';
import type { VolumeSpec } from '../../core/storage/volume.ts';
import type { NodeId } from '../../core/storage/volume-id.ts';
import { FaultPlan } from './fault-plan.ts';
import { NoImages } from './image-store.ts';
import { MemoryPersistence } from './memory-persistence.ts';
import { MockBackend, type MockBackendOptions } from './mock-backend.ts';
import { RecordTable } from './record-table.ts';

/** Time that only sleeping moves. */
class SteppedClock implements Clock {
  time = 1_700_000_000_000;
  readonly slept: number[] = [];
  now = () => this.time;
  monotonic = () => this.time;
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.slept.push(ms);
    this.time += ms;
  }
}

/** Something happens while an image is being made. */
class SlowImages extends NoImages {
  duringCopy: () => Promise<unknown> = async () => undefined;

  override async stageVolume() {
    await this.duringCopy();
    return super.stageVolume();
  }
}

const context: CallContext = detachedContext(new AbortController().signal);
const spec = (name: string, change: Partial<VolumeSpec> = {}): VolumeSpec => ({
  name,
  requiredBytes: MiB,
  provisioning: 'thin',
  compression: false,
  ...change,
});

async function options(change: Partial<MockBackendOptions> = {}): Promise<MockBackendOptions> {
  let counter = 0;
  return {
    name: 'mock',
    clusterId: 'one',
    nqnNaming: new NqnNaming('nqn.2026-01.test.rose'),
    pools: [
      { name: 'b', capacityBytes: 10n * MiB },
      { name: 'a', capacityBytes: 10n * MiB },
    ],
    records: await RecordTable.open(new MemoryPersistence()),
    images: new NoImages('/somewhere/exports'),
    clock: new SteppedClock(),
    random: (bytes) => new Uint8Array(bytes).fill(++counter),
    ...change,
  };
}

const mock = async (change: Partial<MockBackendOptions> = {}) => new MockBackend(await options(change));
const failure = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

test('the export names the volume and its epoch, and the folder that the images are given in', async () => {
  const backend = await mock();
  const { id } = await backend.createVolume(spec('v'), context);
  const claim = { node: 'n' as NodeId, sharing: 'single', readonly: false } as const;
  expect(await backend.publishVolume(id, claim, context)).toEqual({
    nqn: `nqn.2026-01.test.rose:mock.${id.slice('mock/'.length)}.0101010101010101`,
    epoch: '0101010101010101' as never,
    capacityBytes: MiB,
    mayFormat: true,
    transport: 'loop',
    folder: '/somewhere/exports',
  });
});

test('two clusters on one appliance share its space and nothing else', async () => {
  const shared = await options();
  const one = new MockBackend(shared);
  const two = new MockBackend({ ...shared, clusterId: 'two' });
  const volume = await one.createVolume(spec('pvc'), context);
  const other = await two.createVolume(spec('pvc'), context);
  expect(other.id).not.toBe(volume.id);
  expect(await two.getVolume(volume.id, context)).toBeUndefined();
  expect((await two.listVolumes({}, context)).items).toEqual([other]);
  const snapshot = await one.createSnapshot({ name: 's', source: volume.id }, context);
  expect(await two.getSnapshot(snapshot.id, context)).toBeUndefined();
  await two.deleteVolume(volume.id, context);
  await two.unpublishVolume(volume.id, 'all', {}, context);
  await two.deleteSnapshot(snapshot.id, context);
  expect(await one.getVolume(volume.id, context)).toEqual(volume);
  expect(await one.getSnapshot(snapshot.id, context)).toEqual(snapshot);
  const [pool] = await two.pools(context);
  expect(pool?.availableBytes.thick).toBe(7n * MiB);
});

test('pools are sorted, the first is the default, and names must be distinct', async () => {
  const backend = await mock();
  expect((await backend.pools(context)).map(({ name }) => name)).toEqual(['a', 'b']);
  expect((await backend.createVolume(spec('v'), context)).pool).toBe('a');
  await expect(mock({ pools: [] })).rejects.toThrow(RangeError);
  const twice = { name: 'a', capacityBytes: MiB };
  await expect(mock({ pools: [twice, twice] })).rejects.toThrow(RangeError);
});

describe('content sources', () => {
  test('a copy is made in the pool of its source, and no other', async () => {
    const backend = await mock();
    const source = await backend.createVolume(spec('source', { pool: 'b' }), context);
    const contentSource = { kind: 'volume', id: source.id } as const;
    expect((await backend.createVolume(spec('copy', { contentSource }), context)).pool).toBe('b');
    const elsewhere = backend.createVolume(spec('elsewhere', { contentSource, pool: 'a' }), context);
    expect(await failure(elsewhere)).toMatchObject({ kind: 'unsupported' });
  });

  test('a clone whose source is published while it is copied may not be formatted', async () => {
    const images = new SlowImages('/x');
    const backend = await mock({ images });
    const source = await backend.createVolume(spec('source'), context);
    images.duringCopy = () =>
      backend.publishVolume(source.id, { node: 'n' as NodeId, sharing: 'single', readonly: false }, context);
    const contentSource = { kind: 'volume', id: source.id } as const;
    const clone = await backend.createVolume(spec('clone', { contentSource }), context);
    expect(clone.mayFormat).toBe(false);
  });

  test('a snapshot that is deleted while it is restored gives no volume', async () => {
    const images = new SlowImages('/x');
    const backend = await mock({ images });
    const source = await backend.createVolume(spec('source'), context);
    const snapshot = await backend.createSnapshot({ name: 's', source: source.id }, context);
    images.duringCopy = () => backend.deleteSnapshot(snapshot.id, context);
    const contentSource = { kind: 'snapshot', id: snapshot.id } as const;
    const restored = backend.createVolume(spec('restored', { contentSource }), context);
    expect(await failure(restored)).toMatchObject({ kind: 'not-found' });
    expect((await backend.listVolumes({}, context)).items).toEqual([source]);
  });
});

describe('latency', () => {
  test('each operation takes it before it decides and once more before it writes', async () => {
    const clock = new SteppedClock();
    const backend = await mock({ clock, latencyMs: (operation) => (operation === 'getVolume' ? 5 : 10) });
    const { id } = await backend.createVolume(spec('v'), context);
    expect(clock.slept).toEqual([10, 10]);
    await backend.getVolume(id, context);
    expect(clock.slept).toEqual([10, 10, 5]);
  });

  test('an operation that is cancelled between deciding and writing has done nothing', async () => {
    const controller = new AbortController();
    const reason = new BackendError('timeout', 'deadline');
    const clock = new SteppedClock();
    const backend = await mock({ clock, latencyMs: () => (clock.slept.length === 1 ? 20 : 10) });
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (ms, signal) => {
      if (ms === 20) controller.abort(reason);
      await sleep(ms, signal);
    };
    const created = backend.createVolume(spec('v'), detachedContext(controller.signal));
    expect(await failure(created)).toBe(reason);
    expect((await backend.listVolumes({}, context)).items).toEqual([]);
  });

  test('an appliance that goes away between deciding and writing has done nothing', async () => {
    const clock = new SteppedClock();
    const backend = await mock({ clock, latencyMs: 10 });
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (ms, signal) => {
      await sleep(ms, signal);
      if (clock.slept.length === 2) backend.disconnect('cut off');
    };
    expect(await failure(backend.createVolume(spec('v'), context))).toMatchObject({ kind: 'unavailable' });
    backend.reconnect();
    expect((await backend.listVolumes({}, context)).items).toEqual([]);
  });
});

describe('health', () => {
  test('it tells since when and why, from the first disconnect on', async () => {
    const clock = new SteppedClock();
    const backend = await mock({ clock });
    expect(backend.health()).toEqual({ connected: true, since: clock.time });
    clock.time += 5000;
    const since = clock.time;
    backend.disconnect('no route');
    clock.time += 5000;
    backend.disconnect('still no route');
    expect(backend.health()).toEqual({ connected: false, since, reason: 'still no route' });
    const error = await failure(backend.pools(context));
    expect(error).toMatchObject({ kind: 'unavailable', uncertain: false });
    expect(String(error)).toContain(`since ${new Date(since).toISOString()}: still no route`);
    backend.reconnect();
    expect(backend.health()).toEqual({ connected: true, since: clock.time });
  });

  test('a closed backend does not come back', async () => {
    const backend = await mock();
    await backend.close();
    backend.reconnect();
    expect(backend.health().connected).toBe(false);
  });
});

test('a fault before an operation does nothing, one after it has done everything', async () => {
  const faults = new FaultPlan([
    { operation: 'createVolume', subject: 'a', when: 'before', kind: 'timeout' },
    { operation: 'createVolume', subject: 'b', when: 'after' },
  ]);
  const backend = await mock({ faults });
  expect(await failure(backend.createVolume(spec('a'), context))).toMatchObject({ kind: 'timeout' });
  const lost = await failure(backend.createVolume(spec('b'), context));
  expect(lost).toMatchObject({ kind: 'unavailable', uncertain: true });
  expect((await backend.listVolumes({}, context)).items.map(({ name }) => name)).toEqual(['b']);
});

test('an error that is none of ours leaves as one of the port', async () => {
  const images = new NoImages('/x');
  images.stageVolume = () => Promise.reject(Object.assign(new Error('EIO: read'), { code: 'EIO' }));
  const backend = await mock({ images });
  const error = await failure(backend.createVolume(spec('v'), context));
  expect(error).toBeInstanceOf(BackendError);
  expect(error).toMatchObject({ kind: 'unavailable', uncertain: true });
});
