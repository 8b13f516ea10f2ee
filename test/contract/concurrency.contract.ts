import { expect } from 'bun:test';
import { type Check, claim, MULTI_READER, MULTI_WRITER, outcomes, persistently } from './bench.ts';

const NODES = ['node-a', 'node-b', 'node-c', 'node-d', 'node-e'];
const times = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

export function concurrencyContract(check: Check): void {
  check('a hundred creates of one name make one volume', async (bench) => {
    const free = (await bench.defaultPool()).availableBytes.thick;
    const volumes = await Promise.all(times(100).map(() => persistently(() => bench.create('crowd'))));
    expect(new Set(volumes.map(({ id }) => id)).size).toBe(1);
    expect((await bench.backend.listVolumes({}, bench.context)).items).toHaveLength(1);
    const taken = free - (await bench.defaultPool()).availableBytes.thick;
    await bench.backend.deleteVolume(volumes[0]?.id ?? (await bench.create('crowd')).id, bench.context);
    expect((await bench.defaultPool()).availableBytes.thick).toBe(free);
    expect(taken).toBeLessThan(2n * bench.small);
  });

  check('of creates of one name with two sizes, one size wins and the other is a conflict', async (bench) => {
    const races = times(10).map((at) => {
      const size = { requiredBytes: at % 2 ? bench.small : 2n * bench.small };
      return persistently(() => bench.create('torn', { ...size, limitBytes: size.requiredBytes }));
    });
    expect(await outcomes(races)).toEqual({ done: 5, kinds: ['conflict'] });
  });

  check('of five nodes that race for a volume one gets it', async (bench) => {
    const { id } = await bench.create('prize');
    const races = NODES.map((name) =>
      persistently(() => bench.backend.publishVolume(id, claim(name), bench.context)),
    );
    expect(await outcomes(races)).toEqual({ done: 1, kinds: ['in-use'] });
    expect((await bench.backend.getVolume(id, bench.context))?.publications).toHaveLength(1);
  });

  check('of five nodes that race to write together as many get it as may, in one epoch', async (bench) => {
    const { id } = await bench.create('duet');
    const epochs = new Set<string>();
    const races = NODES.map(async (name) => {
      const publish = () => bench.backend.publishVolume(id, claim(name, MULTI_WRITER), bench.context);
      epochs.add((await persistently(publish)).epoch);
    });
    const { maxWriters } = bench.backend.capabilities;
    expect(await outcomes(races)).toEqual({ done: maxWriters, kinds: ['in-use'] });
    expect(epochs.size).toBe(1);
    expect((await bench.backend.getVolume(id, bench.context))?.publications).toHaveLength(maxWriters);
  });

  check('nodes that come and go at once leave an unpublished volume', async (bench) => {
    const volume = await bench.create('station');
    await Promise.all(
      NODES.slice(0, bench.backend.capabilities.maxReaders).map(async (name) => {
        const access = claim(name, MULTI_READER);
        await persistently(() => bench.backend.publishVolume(volume.id, access, bench.context));
        await persistently(() => bench.backend.unpublishVolume(volume.id, access.node, {}, bench.context));
      }),
    );
    expect(await bench.read(volume)).toEqual({ ...volume, everPublished: true });
  });

  check('creates at once never take more than there is', async (bench) => {
    const { totalBytes, availableBytes, name } = await bench.defaultPool();
    const { granularityBytes } = bench.backend.capabilities;
    const requiredBytes = (totalBytes / 5n / granularityBytes) * granularityBytes;
    const fitting = Number(availableBytes.thick / requiredBytes);
    const races = times(fitting + 6).map((at) =>
      persistently(() => bench.create(`rush-${at}`, { requiredBytes, pool: name, provisioning: 'thick' })),
    );
    const { done, kinds } = await outcomes(races);
    expect(kinds).toEqual(['exhausted']);
    expect(done).toBeLessThanOrEqual(fitting);
    const { items } = await bench.backend.listVolumes({}, bench.context);
    expect(items).toHaveLength(done);
    expect(BigInt(done) * requiredBytes).toBeLessThanOrEqual(totalBytes);
  });

  check('creates and deletes of one name end with a volume or without one', async (bench) => {
    const { id } = await bench.create('flicker');
    await Promise.all(
      times(10).map((at) =>
        persistently<unknown>(() =>
          at % 2 ? bench.create('flicker') : bench.backend.deleteVolume(id, bench.context),
        ),
      ),
    );
    const volume = await bench.backend.getVolume(id, bench.context);
    const listed = (await bench.backend.listVolumes({}, bench.context)).items;
    expect(listed).toEqual(volume ? [volume] : []);
    expect(volume?.conditions ?? []).toEqual([]);
  });

  check('a volume is not deleted while a node gets it', async (bench) => {
    for (const at of times(5)) {
      const { id } = await bench.create(`contested-${at}`);
      const publish = persistently(() => bench.backend.publishVolume(id, claim('node-a'), bench.context));
      const remove = persistently(() => bench.backend.deleteVolume(id, bench.context));
      const [published, removed] = await Promise.allSettled([publish, remove]);
      expect([published.status, removed.status].sort()).toEqual(['fulfilled', 'rejected']);
      const volume = await bench.backend.getVolume(id, bench.context);
      expect(volume?.publications.length ?? 0).toBe(published.status === 'fulfilled' ? 1 : 0);
    }
  });

  check('expansions at once end with the largest', async (bench) => {
    const volume = await bench.create('stretched');
    const sizes = [2n, 5n, 3n, 4n];
    await Promise.all(
      sizes.map((size) =>
        persistently(() => bench.backend.expandVolume(volume.id, size * bench.small, bench.context)),
      ),
    );
    expect((await bench.read(volume)).capacityBytes).toBe(5n * bench.small);
  });
}
