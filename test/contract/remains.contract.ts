import { expect } from 'bun:test';
import { parseHandle, type VolumeId } from '../../src/core/storage/volume-id.ts';
import { type Bench, type Check, claim, expectKind } from './bench.ts';

/** Begins a deletion that ends behind its first steps. @returns whether the fixture can play that */
async function cut({ fixture, backend, context }: Bench, id: VolumeId): Promise<boolean> {
  if (!fixture.cutDeletions) return false;
  await fixture.cutDeletions(() => expectKind('unavailable', backend.deleteVolume(id, context)));
  return true;
}

const ids = async ({ backend, context }: Bench): Promise<VolumeId[]> =>
  (await backend.listRemains(context)).map(({ id }) => id);

export function remainsContract(check: Check): void {
  check('volumes, published or not, and snapshots are no remains; deletions leave none', async (bench) => {
    const { backend, context } = bench;
    expect(await backend.listRemains(context)).toEqual([]);
    const [used, idle] = [await bench.create('used'), await bench.create('idle')];
    await backend.publishVolume(used.id, claim('node-a'), context);
    const { capabilities } = await bench.defaultPool();
    if (capabilities.snapshots)
      await backend.createSnapshot({ name: bench.name('taken'), source: idle.id }, context);
    expect(await backend.listRemains(context)).toEqual([]);
    await backend.deleteVolume(idle.id, context);
    expect(await backend.listRemains(context)).toEqual([]);
  });

  check(
    'what a cut deletion leaves is told, and goes when it is removed; nothing else does',
    async (bench) => {
      const { backend, context } = bench;
      const before = await bench.available();
      const doomed = await bench.create('doomed');
      if (!(await cut(bench, doomed.id))) return;
      const other = await bench.create('other');
      expect(await backend.listRemains(context)).toEqual([
        {
          id: doomed.id,
          path: expect.stringContaining(parseHandle(doomed.id)?.slot ?? '?'),
          state: 'deleted',
          bytes: doomed.capacityBytes,
          ageMs: expect.any(Number),
        },
      ]);
      // Asked twice, as after a lost reply.
      for (let at = 0; at < 2; at += 1) await backend.removeRemains(doomed.id, context);
      expect(await backend.listRemains(context)).toEqual([]);
      expect(await bench.read(other)).toEqual(other);
      await backend.deleteVolume(other.id, context);
      expect(await bench.available()).toEqual(before);
    },
  );

  check('what is a volume again is not removed as what was left of the one before', async (bench) => {
    const { backend, context } = bench;
    const first = await bench.create('again');
    if (!(await cut(bench, first.id))) return;
    const second = await bench.create('again');
    expect(second.id).toBe(first.id);
    expect(await ids(bench)).toEqual([]);
    await expectKind('changed', backend.removeRemains(second.id, context));
    expect(await bench.read(second)).toEqual(second);
  });

  check('what is a volume is not removed, and what is nothing of ours is a success', async (bench) => {
    const { backend, context } = bench;
    const volume = await bench.create('mine');
    await expectKind('changed', backend.removeRemains(volume.id, context));
    const slot = parseHandle(volume.id)?.slot;
    for (const id of ['', backend.name, `other/${slot}`, `${backend.name}/nothing`, `${backend.name}/../x`])
      await backend.removeRemains(id as VolumeId, context);
    expect(await bench.read(volume)).toEqual(volume);
  });
}
