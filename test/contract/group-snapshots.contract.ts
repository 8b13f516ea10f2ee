import { expect } from 'bun:test';
import type { GroupSnapshot } from '../../src/core/storage/snapshot.ts';
import type { Volume } from '../../src/core/storage/volume.ts';
import type { VolumeId } from '../../src/core/storage/volume-id.ts';
import { type Bench, type Check, expectKind } from './bench.ts';
import { restore, snap, withSnapshots } from './snapshots.contract.ts';

const group = (bench: Bench, name: string, sources: readonly VolumeId[]): Promise<GroupSnapshot> =>
  bench.backend.createGroupSnapshot({ name: bench.name(name), sources }, bench.context);

const three = (bench: Bench): Promise<Volume[]> =>
  Promise.all(['one', 'two', 'three'].map((name) => bench.create(name)));

const ids = (volumes: readonly Volume[]): VolumeId[] => volumes.map(({ id }) => id);

export function groupSnapshotsContract(check: Check): void {
  const checked: Check = (title, body) => check(title, (bench) => withSnapshots(bench, () => body(bench)));

  checked('a group has one snapshot of each source, each naming the group', async (bench) => {
    const volumes = await three(bench);
    const taken = await group(bench, 'all', ids(volumes));
    expect(taken.snapshots.map(({ source }) => source).sort()).toEqual(ids(volumes).sort());
    expect(new Set(taken.snapshots.map(({ id }) => id)).size).toBe(3);
    for (const snapshot of taken.snapshots) {
      expect(snapshot).toMatchObject({ group: taken.id, sizeBytes: bench.small });
      expect(await bench.backend.getSnapshot(snapshot.id, bench.context)).toEqual(snapshot);
    }
    await bench.restart();
    expect(await bench.backend.getGroupSnapshot(taken.id, bench.context)).toEqual(taken);
    expect((await bench.backend.listSnapshots({}, {}, bench.context)).items).toHaveLength(3);
  });

  checked(
    'the same group again is the same, in whatever order; other sources are a conflict',
    async (bench) => {
      const volumes = await three(bench);
      const taken = await group(bench, 'again', ids(volumes));
      expect(await group(bench, 'again', ids(volumes).reverse())).toEqual(taken);
      await expectKind('conflict', group(bench, 'again', ids(volumes).slice(1)));
      const more = await bench.create('more');
      await expectKind('conflict', group(bench, 'again', [...ids(volumes).slice(1), more.id]));
    },
  );

  checked('a group is taken of all sources or of none', async (bench) => {
    const volumes = await three(bench);
    const free = await bench.available();
    const gone = await bench.create('gone');
    await bench.backend.deleteVolume(gone.id, bench.context);
    await expectKind('not-found', group(bench, 'partial', [...ids(volumes), gone.id]), gone.id);
    expect(await bench.backend.listSnapshots({}, {}, bench.context)).toEqual({ items: [] });
    expect(await bench.available()).toEqual(free);
  });

  checked('a group without sources, or with one twice, is invalid', async (bench) => {
    const { id } = await bench.create('single');
    await expectKind('invalid', group(bench, 'none', []));
    await expectKind('invalid', group(bench, 'double', [id, id]));
  });

  checked('a snapshot of a group is deleted only with the group, which takes all', async (bench) => {
    const volumes = await three(bench);
    const free = await bench.available();
    const taken = await group(bench, 'whole', ids(volumes));
    for (const { id } of taken.snapshots) {
      await expectKind('in-use', bench.backend.deleteSnapshot(id, bench.context), taken.id);
    }
    expect(await bench.backend.getGroupSnapshot(taken.id, bench.context)).toEqual(taken);
    for (let times = 0; times < 2; times += 1) await bench.backend.deleteSnapshot(taken.id, bench.context);
    expect(await bench.backend.getGroupSnapshot(taken.id, bench.context)).toBeUndefined();
    expect(await bench.backend.listSnapshots({}, {}, bench.context)).toEqual({ items: [] });
    expect(await bench.available()).toEqual(free);
  });

  checked('a group id is no snapshot id, and the other way round', async (bench) => {
    const volume = await bench.create('plain');
    const single = await snap(bench, 'name', volume);
    const taken = await group(bench, 'name', [volume.id]);
    expect(taken.id).not.toBe(single.id);
    expect(await bench.backend.getSnapshot(taken.id, bench.context)).toBeUndefined();
    expect(await bench.backend.getGroupSnapshot(single.id, bench.context)).toBeUndefined();
    await expectKind('not-found', restore(bench, 'from-group', { ...single, id: taken.id }));
  });

  checked('a member is restored as any snapshot is', async (bench) => {
    const volume = await bench.create('member');
    const taken = await group(bench, 'members', [volume.id]);
    for (const member of taken.snapshots) {
      expect(await restore(bench, 'from-member', member)).toMatchObject({
        mayFormat: false,
        contentSource: { kind: 'snapshot', id: member.id },
      });
    }
  });

  checked('the snapshots of groups are listed by source beside the others', async (bench) => {
    const volume = await bench.create('listed');
    const other = await bench.create('other');
    const taken = await group(bench, 'listed', [volume.id, other.id]);
    const single = await snap(bench, 'listed-alone', volume);
    const own = taken.snapshots.filter(({ source }) => source === volume.id);
    const wanted = [...own, single].sort((a, b) => (a.id < b.id ? -1 : 1));
    const page = await bench.backend.listSnapshots({ source: volume.id }, {}, bench.context);
    expect(page).toEqual({ items: wanted });
  });
}
