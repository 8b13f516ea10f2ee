import { expect } from 'bun:test';
import type { Volume } from '../../src/core/storage/volume.ts';
import { type Bench, type Check, claim, expectKind } from './bench.ts';

const clone = (bench: Bench, name: string, { id }: Volume, times = 1n): Promise<Volume> =>
  bench.create(name, { requiredBytes: times * bench.small, contentSource: { kind: 'volume', id } });

export function clonesContract(check: Check): void {
  /** The body runs where the default pool has clones; elsewhere `unsupported` is what is checked. */
  const checked: Check = (title, body) =>
    check(title, async (bench) => {
      const { name, capabilities } = await bench.defaultPool();
      if (capabilities.clones !== 'none') return body(bench);
      const volume = await bench.create('no-clones');
      await expectKind('unsupported', clone(bench, 'refused', volume), name);
      expect((await bench.backend.listVolumes({}, bench.context)).items).toEqual([volume]);
    });

  checked('a clone is a volume of its own that names its source', async (bench) => {
    const volume = await bench.create('source');
    const copy = await clone(bench, 'copy', volume);
    expect(copy).toMatchObject({ pool: volume.pool, contentSource: { kind: 'volume', id: volume.id } });
    expect(copy.id).not.toBe(volume.id);
    expect(await clone(bench, 'copy', volume)).toEqual(copy);
    await bench.backend.deleteVolume(volume.id, bench.context);
    expect(await bench.read(copy)).toEqual(copy);
    expect(await clone(bench, 'copy', volume)).toEqual(copy);
    await expectKind('not-found', clone(bench, 'too-late', volume), volume.id);
  });

  checked('a clone may be formatted only if its source was never published', async (bench) => {
    const volume = await bench.create('fresh');
    const blank = await clone(bench, 'of-blank', volume);
    expect(blank.mayFormat).toBe(true);
    await bench.backend.publishVolume(volume.id, claim('node-a'), bench.context);
    expect((await clone(bench, 'of-published', volume)).mayFormat).toBe(false);
    await bench.backend.unpublishVolume(volume.id, 'all', {}, bench.context);
    await bench.restart();
    const used = await clone(bench, 'of-once-published', volume);
    expect(used.mayFormat).toBe(false);
    expect((await clone(bench, 'of-clone', used)).mayFormat).toBe(false);
    expect((await clone(bench, 'of-blank-clone', blank)).mayFormat).toBe(true);
  });

  checked('a clone may be larger than its source, never smaller', async (bench) => {
    const volume = await bench.create('sized', { requiredBytes: 2n * bench.small });
    expect((await clone(bench, 'larger', volume, 3n)).capacityBytes).toBe(3n * bench.small);
    await expectKind('out-of-range', clone(bench, 'smaller', volume, 1n));
  });
}
