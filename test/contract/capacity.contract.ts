import { expect } from 'bun:test';
import { type Bench, type Check, expectKind } from './bench.ts';

/** What a thick volume may take, cut to a size that a volume can have. */
async function largest(bench: Bench): Promise<bigint> {
  const { availableBytes } = await bench.defaultPool();
  const { granularityBytes } = bench.backend.capabilities;
  return (availableBytes.thick / granularityBytes) * granularityBytes;
}

export function capacityContract(check: Check): void {
  check('pools are ordered by name and tell what they have', async (bench) => {
    const pools = await bench.backend.pools(bench.context);
    const names = pools.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    for (const pool of pools) {
      expect(pool.state).toBe('online');
      expect(pool.totalBytes).toBeGreaterThanOrEqual(64n * bench.small);
      expect(pool.availableBytes.thick).toBeLessThanOrEqual(pool.totalBytes);
    }
  });

  check('a volume takes space, an expansion more, and a deletion gives it back', async (bench) => {
    const start = await bench.available();
    const before = await largest(bench);
    const { id } = await bench.create('takes', { provisioning: 'thick', requiredBytes: 2n * bench.small });
    expect(before - (await largest(bench))).toBeGreaterThanOrEqual(2n * bench.small);
    await bench.backend.expandVolume(id, 4n * bench.small, bench.context);
    expect(before - (await largest(bench))).toBeGreaterThanOrEqual(4n * bench.small);
    await bench.backend.deleteVolume(id, bench.context);
    expect(await bench.available()).toEqual(start);
  });

  check('what is said to be available can be had, and then there is no more', async (bench) => {
    const size = await largest(bench);
    await bench.create('all', { provisioning: 'thick', requiredBytes: size });
    const { name } = await bench.defaultPool();
    await expectKind('exhausted', bench.create('one-more', { provisioning: 'thick', pool: name }), name);
  });

  check('a volume or an expansion that does not fit is exhausted, and changes nothing', async (bench) => {
    const { name } = await bench.defaultPool();
    const volume = await bench.create('fits', { provisioning: 'thick' });
    const free = await bench.available();
    const tooMuch = (await largest(bench)) + bench.backend.capabilities.granularityBytes;
    const create = bench.create('bursts', { provisioning: 'thick', requiredBytes: tooMuch });
    await expectKind('exhausted', create, name);
    const expand = bench.backend.expandVolume(volume.id, tooMuch + volume.capacityBytes, bench.context);
    await expectKind('exhausted', expand, name);
    expect(await bench.available()).toEqual(free);
    expect((await bench.backend.listVolumes({}, bench.context)).items).toEqual([volume]);
  });
}
