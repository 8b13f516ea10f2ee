import { expect } from 'bun:test';
import type { PublishAccess, Volume } from '../../src/core/storage/volume.ts';
import { type Epoch, isEpoch } from '../../src/core/storage/volume-id.ts';
import {
  type Bench,
  type Check,
  claim,
  expectKind,
  MULTI_READER,
  MULTI_WRITER,
  node,
  SINGLE_READER,
  SINGLE_WRITER,
} from './bench.ts';

const ACCESSES = [SINGLE_WRITER, SINGLE_READER, MULTI_WRITER, MULTI_READER] as const;

const publish = (bench: Bench, { id }: Volume, holder: string, access: PublishAccess = SINGLE_WRITER) =>
  bench.backend.publishVolume(id, claim(holder, access), bench.context);

const unpublish = (bench: Bench, { id }: Volume, holder: string, ifEpoch?: Epoch) =>
  bench.backend.unpublishVolume(
    id,
    holder === 'all' ? 'all' : node(holder),
    ifEpoch === undefined ? {} : { ifEpoch },
    bench.context,
  );

export function publicationsContract(check: Check): void {
  claims(check);
  epochs(check);
  releases(check);
}

function claims(check: Check): void {
  check('a publication is recorded and exported', async (bench) => {
    const volume = await bench.create('exported');
    const source = await publish(bench, volume, 'node-a');
    expect(isEpoch(source.epoch)).toBe(true);
    expect(source.nqn).toEndWith(`.${source.epoch}`);
    expect(source).toMatchObject({ capacityBytes: volume.capacityBytes, mayFormat: true });
    const now = { ...volume, everPublished: true, publications: [claim('node-a')], epoch: source.epoch };
    expect(await bench.read(volume)).toEqual(now);
    await bench.restart();
    expect(await bench.read(volume)).toEqual(now);
  });

  check('the same claim again gets the same export', async (bench) => {
    for (const [at, access] of ACCESSES.entries()) {
      const volume = await bench.create(`repeat-${at}`);
      const source = await publish(bench, volume, 'node-a', access);
      expect(await publish(bench, volume, 'node-a', access)).toEqual(source);
      await bench.restart();
      expect(await publish(bench, volume, 'node-a', access)).toEqual(source);
      expect((await bench.read(volume)).publications).toEqual([claim('node-a', access)]);
    }
  });

  check('the same node with another access is a conflict', async (bench) => {
    for (const [at, held] of ACCESSES.entries()) {
      const volume = await bench.create(`access-${at}`);
      await publish(bench, volume, 'node-a', held);
      for (const wanted of ACCESSES.filter((access) => access !== held)) {
        await expectKind('conflict', publish(bench, volume, 'node-a', wanted), 'node-a');
      }
      expect((await bench.read(volume)).publications).toEqual([claim('node-a', held)]);
    }
  });

  check(
    'another node is let in only as reader beside readers, or writer beside a writer, both multi',
    async (bench) => {
      for (const [at, held] of ACCESSES.entries()) {
        const volume = await bench.create(`matrix-${at}`);
        await publish(bench, volume, 'node-a', held);
        for (const wanted of ACCESSES) {
          const second = publish(bench, volume, 'node-b', wanted);
          if (held === wanted && held.sharing === 'multi') {
            await second;
            await unpublish(bench, volume, 'node-b');
          } else {
            await expectKind('in-use', second, 'node-a');
          }
        }
        expect((await bench.read(volume)).publications).toEqual([claim('node-a', held)]);
      }
    },
  );

  check('writers and readers are limited in number, and the holders are named', async (bench) => {
    const { maxReaders, maxWriters } = bench.backend.capabilities;
    const limits = [
      ['written', MULTI_WRITER, maxWriters],
      ['read', MULTI_READER, maxReaders],
    ] as const;
    for (const [name, access, limit] of limits) {
      const volume = await bench.create(name);
      const holders = Array.from({ length: limit }, (_, at) => `node-${at}`);
      for (const holder of holders) await publish(bench, volume, holder, access);
      await expectKind('in-use', publish(bench, volume, 'one-too-many', access), ...holders);
      const { publications } = await bench.read(volume);
      expect(publications.map((held): string => held.node).sort()).toEqual([...holders].sort());
      await publish(bench, volume, 'node-0', access);
      await unpublish(bench, volume, 'node-0');
      await publish(bench, volume, 'one-too-many', access);
    }
  });

  check('an absent volume cannot be published', async (bench) => {
    const volume = await bench.create('absent');
    await bench.backend.deleteVolume(volume.id, bench.context);
    await expectKind('not-found', publish(bench, volume, 'node-a'), volume.id);
  });
}

function epochs(check: Check): void {
  check('each period of publication has an epoch of its own, and no other volume has it', async (bench) => {
    const volumes = [await bench.create('first'), await bench.create('second')];
    const seen = new Set<string>();
    for (let period = 0; period < 3; period += 1) {
      for (const volume of volumes) {
        const { nqn } = await publish(bench, volume, 'node-a');
        seen.add(nqn);
        await unpublish(bench, volume, 'node-a');
      }
      await bench.restart();
    }
    expect(seen.size).toBe(6);
  });

  check('nodes that share a volume share its epoch until the last one leaves', async (bench) => {
    const volume = await bench.create('shared');
    const first = await publish(bench, volume, 'node-a', MULTI_WRITER);
    const later = { ...first, mayFormat: false };
    expect(await publish(bench, volume, 'node-b', MULTI_WRITER)).toEqual(later);
    await unpublish(bench, volume, 'node-a');
    expect(await bench.read(volume)).toMatchObject({
      publications: [claim('node-b', MULTI_WRITER)],
      epoch: first.epoch,
    });
    expect(await publish(bench, volume, 'node-a', MULTI_WRITER)).toEqual(later);
    await unpublish(bench, volume, 'node-a');
    await unpublish(bench, volume, 'node-b');
    expect(await bench.read(volume)).toEqual({ ...volume, everPublished: true });
    expect((await publish(bench, volume, 'node-a', MULTI_WRITER)).epoch).not.toBe(first.epoch);
  });

  check('a deleted and created volume does not come back in its old epoch', async (bench) => {
    const volume = await bench.create('phoenix');
    const before = await publish(bench, volume, 'node-a');
    await unpublish(bench, volume, 'node-a');
    await bench.backend.deleteVolume(volume.id, bench.context);
    const after = await publish(bench, await bench.create('phoenix'), 'node-a');
    expect(after.nqn).not.toBe(before.nqn);
  });
}

function releases(check: Check): void {
  check(
    'an unpublished volume is as it was before, and unpublishing it again is a success',
    async (bench) => {
      const volume = await bench.create('released');
      await publish(bench, volume, 'node-a');
      for (let times = 0; times < 2; times += 1) await unpublish(bench, volume, 'node-a');
      expect(await bench.read(volume)).toEqual({ ...volume, everPublished: true });
      await publish(bench, volume, 'node-b');
    },
  );

  check('all claims can be removed at once', async (bench) => {
    const volume = await bench.create('everyone');
    await publish(bench, volume, 'node-a', MULTI_READER);
    await publish(bench, volume, 'node-b', MULTI_READER);
    for (let times = 0; times < 2; times += 1) await unpublish(bench, volume, 'all');
    expect(await bench.read(volume)).toEqual({ ...volume, everPublished: true });
  });

  check('a claim that a node has not got is removed with success and changes nothing', async (bench) => {
    const volume = await bench.create('stranger');
    await publish(bench, volume, 'node-a');
    const before = await bench.read(volume);
    await unpublish(bench, volume, 'node-b');
    expect(await bench.read(volume)).toEqual(before);
  });

  check('an absent volume is unpublished with success, guarded or not', async (bench) => {
    const volume = await bench.create('vanished');
    const { epoch } = await publish(bench, volume, 'node-a');
    await unpublish(bench, volume, 'node-a');
    await unpublish(bench, volume, 'node-a', epoch);
    await bench.backend.deleteVolume(volume.id, bench.context);
    for (const holder of ['node-a', 'all']) await unpublish(bench, volume, holder);
    await unpublish(bench, volume, 'node-a', epoch);
    expect(await bench.backend.getVolume(volume.id, bench.context)).toBeUndefined();
  });

  check(
    'a claim that is to be exported again is so in its own epoch, and is never made anew',
    async (bench) => {
      const volume = await bench.create('again');
      const { id } = volume;
      const again = (holder: string, onlyHeldIn: Epoch) =>
        bench.backend.publishVolume(id, { ...claim(holder), onlyHeldIn }, bench.context);
      const old = await publish(bench, volume, 'node-a');
      expect(await again('node-a', old.epoch)).toEqual(old);
      await expectKind('changed', again('node-b', old.epoch), 'node-b');
      await unpublish(bench, volume, 'node-a');
      await expectKind('changed', again('node-a', old.epoch), 'node-a');
      expect((await bench.read(volume)).publications).toEqual([]);
      const now = await publish(bench, volume, 'node-a');
      await expectKind('changed', again('node-a', old.epoch), 'node-a');
      expect(await again('node-a', now.epoch)).toEqual(now);
    },
  );

  check('a guard lets through its own epoch and no other', async (bench) => {
    const volume = await bench.create('guarded');
    const old = await publish(bench, volume, 'node-a');
    await unpublish(bench, volume, 'node-a', old.epoch);
    expect(await bench.read(volume)).toEqual({ ...volume, everPublished: true });
    const now = await publish(bench, volume, 'node-a');
    for (const holder of ['node-a', 'all']) {
      await expectKind('changed', unpublish(bench, volume, holder, old.epoch), now.epoch);
    }
    expect(await bench.read(volume)).toMatchObject({ publications: [claim('node-a')], epoch: now.epoch });
    await unpublish(bench, volume, 'all', now.epoch);
    expect(await bench.read(volume)).toEqual({ ...volume, everPublished: true });
  });
}
