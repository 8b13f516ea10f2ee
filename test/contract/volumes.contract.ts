import { expect } from 'bun:test';
import { parseHandle, type VolumeId } from '../../src/core/storage/volume-id.ts';
import { type Bench, type Check, claim, expectKind } from './bench.ts';

export function volumesContract(check: Check): void {
  check('a new volume is blank, unpublished and has the size that was asked for', async (bench) => {
    const volume = await bench.create('new');
    const pool = await bench.defaultPool();
    expect(volume).toEqual({
      id: volume.id,
      name: bench.name('new'),
      capacityBytes: bench.small,
      pool: pool.name,
      provisioning: 'thin',
      compression: false,
      publications: [],
      mayFormat: true,
      everPublished: false,
      conditions: [],
    });
    expect(parseHandle(volume.id)?.appliance).toBe(bench.backend.name);
    expect(await bench.read(volume)).toEqual(volume);
  });

  check('each pool and each provisioning can be asked for', async (bench) => {
    for (const pool of await bench.backend.pools(bench.context)) {
      for (const provisioning of ['thin', 'thick'] as const) {
        const volume = await bench.create(`${pool.name}-${provisioning}`, { pool: pool.name, provisioning });
        expect(volume).toMatchObject({ pool: pool.name, provisioning, conditions: [] });
      }
    }
  });

  check('a size is rounded up to the granularity', async (bench) => {
    const { granularityBytes } = bench.backend.capabilities;
    const volume = await bench.create('odd', { requiredBytes: bench.small + 1n });
    expect(volume.capacityBytes % granularityBytes).toBe(0n);
    expect(volume.capacityBytes).toBeGreaterThan(bench.small);
  });

  check('the same create again gives the same volume, also after a restart', async (bench) => {
    const volume = await bench.create('again');
    expect(await bench.create('again')).toEqual(volume);
    await bench.restart();
    expect(await bench.create('again')).toEqual(volume);
    expect((await bench.backend.listVolumes({}, bench.context)).items).toEqual([volume]);
  });

  check('a create without a pool matches the volume in whichever pool it is', async (bench) => {
    const pool = (await bench.backend.pools(bench.context)).at(-1)?.name ?? '';
    const volume = await bench.create('somewhere', { pool });
    expect(await bench.create('somewhere')).toEqual(volume);
  });

  check('a name gives the same id again after its volume was deleted', async (bench) => {
    const { id } = await bench.create('reborn');
    await bench.backend.deleteVolume(id, bench.context);
    expect((await bench.create('reborn')).id).toBe(id);
  });

  check('names that differ in anything give different volumes', async (bench) => {
    const names = ['a', 'A', 'a ', 'ä', 'a/b', '../a', '"a"', '$a', 'a'.repeat(120), '数'];
    const volumes = await Promise.all(names.map((name) => bench.create(name)));
    expect(new Set(volumes.map(({ id }) => id)).size).toBe(names.length);
    for (const [at, volume] of volumes.entries()) expect(volume.name).toBe(bench.name(names[at] ?? ''));
    await bench.restart();
    expect((await bench.backend.listVolumes({}, bench.context)).items).toHaveLength(names.length);
  });

  check('another specification under a name is a conflict that says which field differs', async (bench) => {
    const size = 2n * bench.small;
    const volume = await bench.create('taken', { requiredBytes: size });
    const [pool, other = { name: 'no-such-pool' }] = await bench.backend.pools(bench.context);
    const source = await bench.create('taken-source');
    const differences = [
      [{ requiredBytes: 3n * bench.small }, 'size'],
      [{ requiredBytes: bench.small, limitBytes: bench.small }, 'size'],
      [{ requiredBytes: size, provisioning: 'thick' }, 'provisioning'],
      [{ requiredBytes: size, compression: true }, 'compression'],
      [{ requiredBytes: size, pool: other.name }, 'pool'],
      [{ requiredBytes: size, contentSource: { kind: 'volume', id: source.id } }, 'content source'],
    ] as const;
    for (const [change, field] of differences) {
      await expectKind('conflict', bench.create('taken', change), field, volume.id);
    }
    expect(await bench.create('taken', { requiredBytes: size, pool: pool?.name ?? '' })).toEqual(volume);
  });

  check('a size between required and limit matches', async (bench) => {
    const volume = await bench.create('between', { requiredBytes: 2n * bench.small });
    const range = { requiredBytes: bench.small, limitBytes: 3n * bench.small };
    expect(await bench.create('between', range)).toEqual(volume);
  });

  check('sizes beyond the limits are out of range', async (bench) => {
    const { maxVolumeBytes, granularityBytes } = bench.backend.capabilities;
    const sizes = [
      { requiredBytes: maxVolumeBytes + granularityBytes },
      { requiredBytes: 2n * bench.small, limitBytes: bench.small },
      { requiredBytes: bench.small + 1n, limitBytes: bench.small + 1n },
    ];
    for (const size of sizes) await expectKind('out-of-range', bench.create('huge', size));
    expect((await bench.backend.listVolumes({}, bench.context)).items).toEqual([]);
  });

  check('an unknown pool is not found, and nothing is made', async (bench) => {
    await expectKind('not-found', bench.create('lost', { pool: 'no-such-pool' }), 'no-such-pool');
    expect((await bench.backend.listVolumes({}, bench.context)).items).toEqual([]);
  });

  check('compression is had where the pool can, and unsupported elsewhere', async (bench) => {
    for (const { name, capabilities } of await bench.backend.pools(bench.context)) {
      const created = bench.create(`packed-${name}`, { pool: name, compression: true });
      if (capabilities.compression) expect((await created).compression).toBe(true);
      else await expectKind('unsupported', created, name);
    }
  });

  check('a deleted volume is gone, and deleting it again is a success', async (bench) => {
    const volume = await bench.create('gone');
    for (let times = 0; times < 2; times += 1) await bench.backend.deleteVolume(volume.id, bench.context);
    expect(await bench.backend.getVolume(volume.id, bench.context)).toBeUndefined();
    expect((await bench.backend.listVolumes({}, bench.context)).items).toEqual([]);
  });

  check('a published volume is not deleted; its holder is named', async (bench) => {
    const volume = await bench.create('held');
    const { id } = volume;
    await bench.backend.publishVolume(id, claim('node-a'), bench.context);
    await expectKind('in-use', bench.backend.deleteVolume(id, bench.context), 'node-a');
    expect((await bench.read(volume)).publications).toHaveLength(1);
    await bench.backend.unpublishVolume(id, 'all', {}, bench.context);
    await bench.backend.deleteVolume(id, bench.context);
  });

  check(
    'a volume that a node had is not deleted where that is the condition, also after a restart',
    async (bench) => {
      const guarded = (id: VolumeId) =>
        bench.backend.deleteVolume(id, bench.context, { unlessEverPublished: true });
      const had = await bench.create('had');
      await bench.backend.publishVolume(had.id, claim('node-a'), bench.context);
      await bench.backend.unpublishVolume(had.id, 'all', {}, bench.context);
      await bench.restart();
      await expectKind('changed', guarded(had.id), had.id);
      expect(await bench.read(had)).toEqual({ ...had, everPublished: true });
      const fresh = await bench.create('never-had');
      await guarded(fresh.id);
      expect(await bench.backend.getVolume(fresh.id, bench.context)).toBeUndefined();
      await guarded(fresh.id);
    },
  );

  check('what was made survives a restart as it was', async (bench) => {
    const { id } = await bench.create('one');
    await bench.create('two', { provisioning: 'thick' });
    await bench.backend.publishVolume(id, claim('node-a'), bench.context);
    const before = await bench.backend.listVolumes({}, bench.context);
    const free = await bench.available();
    await bench.restart();
    expect(await bench.backend.listVolumes({}, bench.context)).toEqual(before);
    expect(await bench.available()).toEqual(free);
  });

  expansion(check);
}

function expansion(check: Check): void {
  const grow = (bench: Bench, volume: Parameters<Bench['read']>[0], times: bigint) =>
    bench.backend.expandVolume(volume.id, times * bench.small, bench.context);

  check('an expansion grows the volume, once', async (bench) => {
    for (const provisioning of ['thin', 'thick'] as const) {
      const volume = await bench.create(provisioning, { provisioning });
      const grown = { ...volume, capacityBytes: 3n * bench.small };
      expect(await grow(bench, volume, 3n)).toEqual(grown);
      expect(await grow(bench, volume, 3n)).toEqual(grown);
      await bench.restart();
      expect(await bench.read(volume)).toEqual(grown);
    }
  });

  check('an expansion never shrinks', async (bench) => {
    const volume = await bench.create('large', { requiredBytes: 4n * bench.small });
    expect(await grow(bench, volume, 2n)).toEqual(volume);
    expect(await bench.read(volume)).toEqual(volume);
  });

  check('an expanded volume still answers its own create, unless a limit says otherwise', async (bench) => {
    const volume = await bench.create('own');
    const grown = await grow(bench, volume, 3n);
    expect(await bench.create('own')).toEqual(grown);
    await expectKind('conflict', bench.create('own', { limitBytes: bench.small }), 'size');
  });

  check(
    'an expansion keeps the publications and their epoch, and the export tells the new size',
    async (bench) => {
      const volume = await bench.create('busy');
      const first = await bench.backend.publishVolume(volume.id, claim('node-a'), bench.context);
      const grown = await grow(bench, volume, 2n);
      expect(grown).toMatchObject({ publications: [claim('node-a')], epoch: first.epoch });
      const again = await bench.backend.publishVolume(volume.id, claim('node-a'), bench.context);
      expect(again).toEqual({ ...first, capacityBytes: 2n * bench.small });
    },
  );

  check('an expansion beyond the limits is out of range', async (bench) => {
    const volume = await bench.create('bounded');
    const { maxVolumeBytes, granularityBytes } = bench.backend.capabilities;
    const expanded = bench.backend.expandVolume(volume.id, maxVolumeBytes + granularityBytes, bench.context);
    await expectKind('out-of-range', expanded);
    expect(await bench.read(volume)).toEqual(volume);
  });
}
