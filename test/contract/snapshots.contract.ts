import { expect } from 'bun:test';
import type { Snapshot } from '../../src/core/storage/snapshot.ts';
import type { Volume } from '../../src/core/storage/volume.ts';
import { parseHandle } from '../../src/core/storage/volume-id.ts';
import { type Bench, type Check, claim, expectKind } from './bench.ts';

export const snap = (bench: Bench, name: string, { id }: Volume): Promise<Snapshot> =>
  bench.backend.createSnapshot({ name: bench.name(name), source: id }, bench.context);

export const restore = (bench: Bench, name: string, { id }: Snapshot, times = 1n): Promise<Volume> =>
  bench.create(name, { requiredBytes: times * bench.small, contentSource: { kind: 'snapshot', id } });

/** The body runs where the default pool has snapshots; elsewhere `unsupported` is what is checked. */
export function withSnapshots(bench: Bench, body: () => Promise<void>): Promise<void> {
  return bench.defaultPool().then(async ({ name, capabilities }) => {
    if (capabilities.snapshots) return body();
    const volume = await bench.create('no-snapshots');
    await expectKind('unsupported', snap(bench, 'refused', volume), name);
    const group = { name: bench.name('refused'), sources: [volume.id] };
    await expectKind('unsupported', bench.backend.createGroupSnapshot(group, bench.context), name);
    expect(await bench.backend.listSnapshots({}, {}, bench.context)).toEqual({ items: [] });
  });
}

export function snapshotsContract(check: Check): void {
  const checked: Check = (title, body) => check(title, (bench) => withSnapshots(bench, () => body(bench)));

  checked('a snapshot tells its source, size and time, and survives a restart', async (bench) => {
    const volume = await bench.create('source');
    const snapshot = await snap(bench, 'taken', volume);
    expect(snapshot).toMatchObject({
      name: bench.name('taken'),
      source: volume.id,
      sizeBytes: volume.capacityBytes,
    });
    expect(parseHandle(snapshot.id)?.appliance).toBe(bench.backend.name);
    expect(snapshot.createdAt).toBeGreaterThan(Date.UTC(2020, 0));
    expect(snapshot.group).toBeUndefined();
    expect(await bench.read(volume)).toEqual(volume);
    await bench.restart();
    expect(await bench.backend.getSnapshot(snapshot.id, bench.context)).toEqual(snapshot);
  });

  checked('the same snapshot again is the same, even after its source grew or went', async (bench) => {
    const volume = await bench.create('moving');
    const snapshot = await snap(bench, 'again', volume);
    await bench.backend.expandVolume(volume.id, 2n * bench.small, bench.context);
    expect(await snap(bench, 'again', volume)).toEqual(snapshot);
    await bench.backend.deleteVolume(volume.id, bench.context);
    expect(await snap(bench, 'again', volume)).toEqual(snapshot);
  });

  checked('a snapshot name with another source is a conflict', async (bench) => {
    const [one, two] = [await bench.create('one'), await bench.create('two')];
    await snap(bench, 'same', one);
    await expectKind('conflict', snap(bench, 'same', two), one.id);
  });

  checked('a volume and a snapshot may have one name', async (bench) => {
    const volume = await bench.create('both');
    const snapshot = await snap(bench, 'both', volume);
    await bench.backend.deleteSnapshot(snapshot.id, bench.context);
    expect(await bench.read(volume)).toEqual(volume);
  });

  checked(
    'a deleted snapshot is gone and its space is back, and deleting it again is a success',
    async (bench) => {
      const volume = await bench.create('cleaned');
      const free = await bench.available();
      const { id } = await snap(bench, 'removed', volume);
      for (let times = 0; times < 2; times += 1) await bench.backend.deleteSnapshot(id, bench.context);
      expect(await bench.backend.getSnapshot(id, bench.context)).toBeUndefined();
      expect(await bench.available()).toEqual(free);
      expect(await bench.read(volume)).toEqual(volume);
    },
  );

  checked('a snapshot of a published volume leaves the publication alone', async (bench) => {
    const volume = await bench.create('used');
    await bench.backend.publishVolume(volume.id, claim('node-a'), bench.context);
    const before = await bench.read(volume);
    await snap(bench, 'live', volume);
    expect(await bench.read(volume)).toEqual(before);
  });

  checked('snapshots are listed by id in pages, and by source', async (bench) => {
    const [one, two] = [await bench.create('one'), await bench.create('two')];
    const taken: Snapshot[] = [];
    for (let at = 0; at < 5; at += 1) taken.push(await snap(bench, `page-${at}`, at % 2 ? one : two));
    const all = [...taken].sort((a, b) => (a.id < b.id ? -1 : 1));
    const { backend, context } = bench;
    expect(await backend.listSnapshots({}, {}, context)).toEqual({ items: all });
    const first = await backend.listSnapshots({}, { limit: 2 }, context);
    expect(first).toEqual({ items: all.slice(0, 2), next: all[1]?.id ?? '' });
    // The token itself may go.
    for (const { id } of first.items.slice(1)) await backend.deleteSnapshot(id, context);
    const rest = await backend.listSnapshots({}, { after: first.next ?? '' }, context);
    expect(rest).toEqual({ items: all.slice(2) });
    const remaining = all.filter(({ id, source }) => source === one.id && id !== all[1]?.id);
    expect(await backend.listSnapshots({ source: one.id }, {}, context)).toEqual({ items: remaining });
  });

  checked('a restored volume has the content of somebody: it is never formatted', async (bench) => {
    const volume = await bench.create('origin', { requiredBytes: 2n * bench.small });
    const snapshot = await snap(bench, 'restored', volume);
    const restored = await restore(bench, 'restored', snapshot, 2n);
    expect(restored).toMatchObject({
      capacityBytes: 2n * bench.small,
      pool: volume.pool,
      mayFormat: false,
      publications: [],
      contentSource: { kind: 'snapshot', id: snapshot.id },
    });
    expect(await restore(bench, 'restored', snapshot, 2n)).toEqual(restored);
    const source = await bench.backend.publishVolume(restored.id, claim('node-a'), bench.context);
    expect(source.mayFormat).toBe(false);
  });

  checked('a restored volume may be larger than its snapshot, never smaller', async (bench) => {
    const volume = await bench.create('sized', { requiredBytes: 2n * bench.small });
    const snapshot = await snap(bench, 'sized', volume);
    expect((await restore(bench, 'larger', snapshot, 3n)).capacityBytes).toBe(3n * bench.small);
    await expectKind('out-of-range', restore(bench, 'smaller', snapshot, 1n));
  });

  checked('a snapshot outlives its source, and a restored volume its snapshot', async (bench) => {
    const volume = await bench.create('mortal');
    const snapshot = await snap(bench, 'survivor', volume);
    await bench.backend.deleteVolume(volume.id, bench.context);
    expect(await bench.backend.getSnapshot(snapshot.id, bench.context)).toEqual(snapshot);
    const restored = await restore(bench, 'heir', snapshot);
    await bench.backend.deleteSnapshot(snapshot.id, bench.context);
    expect(await bench.read(restored)).toEqual(restored);
    await expectKind('not-found', restore(bench, 'too-late', snapshot), snapshot.id);
    // Its own create is still answered: the volume is there.
    expect(await restore(bench, 'heir', snapshot)).toEqual(restored);
  });

  checked('restoring another snapshot under a taken name is a conflict', async (bench) => {
    const volume = await bench.create('twice');
    const [one, two] = [await snap(bench, 'one', volume), await snap(bench, 'two', volume)];
    await restore(bench, 'target', one);
    await expectKind('conflict', restore(bench, 'target', two), 'content source');
    await expectKind('conflict', bench.create('target'), 'content source');
  });
}
