import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataFolderRig } from '../../../../test/support/mock/data-folder-rig.ts';
import { MiB } from '../../../core/bytes.ts';
import type { NodeId, VolumeId } from '../../../core/storage/volume-id.ts';
import { openDataFolder } from './open-data-folder.ts';

const claim = { node: 'node-a' as NodeId, sharing: 'single', readonly: false } as const;

let rig: DataFolderRig;
beforeEach(async () => {
  rig = await DataFolderRig.make();
});
afterEach(() => rig.dispose());

const failure = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

describe('records', () => {
  test('a damaged record keeps the folder from being opened, and everything stays', async () => {
    const { id } = await rig.create('damaged');
    await rig.backend.close();
    const whole = await readFile(rig.record(id), 'utf8');
    await writeFile(rig.record(id), whole.slice(0, 20));
    const error = await failure(rig.reopen());
    expect(error).toMatchObject({ kind: 'precondition' });
    expect(String(error)).toContain(rig.record(id));
    expect((await stat(rig.image(id))).size).toBe(1024 * 1024);
    expect(await readFile(rig.record(id), 'utf8')).toBe(whole.slice(0, 20));
    await writeFile(rig.record(id), whole);
    await rig.reopen();
    expect((await rig.backend.getVolume(id, rig.context))?.name).toBe('damaged');
  });

  test('a newer record keeps the folder from being opened', async () => {
    const { id } = await rig.create('newer');
    await rig.backend.close();
    const whole = await readFile(rig.record(id), 'utf8');
    await writeFile(rig.record(id), whole.replace('"version": 1', '"version": 3'));
    expect(String(await failure(rig.reopen()))).toContain('newer driver');
    await writeFile(rig.record(id), whole);
    await rig.reopen();
  });

  test('a file among the records that is none keeps the folder from being opened', async () => {
    await rig.backend.close();
    await writeFile(join(rig.path, 'records', 'notes.txt'), '');
    expect(String(await failure(rig.reopen()))).toContain('records/notes.txt');
    await unlink(join(rig.path, 'records', 'notes.txt'));
    await rig.reopen();
  });

  test('images without a folder of records are not taken for left-overs', async () => {
    const { id } = await rig.create('kept');
    await rig.backend.close();
    await rm(join(rig.path, 'records'), { recursive: true });
    expect(await failure(rig.reopen())).toMatchObject({ kind: 'precondition' });
    expect((await stat(rig.image(id))).size).toBe(1024 * 1024);
    await unlink(rig.image(id));
    await rig.reopen();
  });
});

describe('opening', () => {
  test('a folder that is open is refused until it is closed', async () => {
    expect(
      await failure(
        openDataFolder({ path: rig.path, appliance: 'mock', naming: rig.naming, random: randomBytes }),
      ),
    ).toMatchObject({
      kind: 'in-use',
    });
    await rig.meanwhile(async () => undefined);
  });

  test('a failed opening gives the lock free', async () => {
    await rig.backend.close();
    const broken = () => {
      throw new Error('broken');
    };
    await writeFile(join(rig.path, 'staging', `csi-${'a'.repeat(28)}.0123456789abcdef.staged`), '');
    expect(await failure(rig.reopen({ beforeStep: broken }))).toEqual(new Error('broken'));
    await rig.reopen();
    expect(await readdir(join(rig.path, 'staging'))).toEqual([]);
  });

  test('left-overs in our form are removed, and everything else is left alone and logged', async () => {
    const { id } = await rig.create('mine');
    const slot = `csi-${'a'.repeat(28)}`;
    const epoch = '0123456789abcdef';
    const left = [
      `volumes/${slot}.img`,
      `snapshots/${slot}.img`,
      `staging/${slot}.${epoch}.staged`,
      `exports/${rig.naming.forExport(`mock/${slot}` as VolumeId, epoch as never)}`,
      `exports/${rig.naming.forExport(id, epoch as never)}`,
    ];
    const foreign = [
      'volumes/lost+found',
      'volumes/debian.img',
      'snapshots/x.img',
      'staging/x',
      'exports/nqn.2026-01.test.other:x',
      `exports/${rig.naming.forExport(`other/${slot}` as VolumeId, epoch as never)}`,
    ];
    await rig.meanwhile(async () => {
      for (const file of [...left, ...foreign]) await writeFile(join(rig.path, file), '');
    });
    for (const file of left) expect(await Bun.file(join(rig.path, file)).exists()).toBe(false);
    for (const file of foreign) expect(await Bun.file(join(rig.path, file)).exists()).toBe(true);
    const named = rig.logged.map((fields) => fields['path']).sort();
    expect(named).toEqual(foreign.map((file) => join(rig.path, file)).sort());
    expect((await rig.backend.getVolume(id, rig.context))?.conditions).toEqual([]);
  });

  test('a missing export of a published volume is made again in its epoch', async () => {
    const { id } = await rig.create('published');
    const { nqn } = await rig.backend.publishVolume(id, claim, rig.context);
    await rig.meanwhile(() => unlink(join(rig.path, 'exports', nqn)));
    expect((await stat(join(rig.path, 'exports', nqn))).ino).toBe((await stat(rig.image(id))).ino);
  });

  test('an expansion that had reached the image is finished, never cut', async () => {
    const { id } = await rig.create('growing');
    await rig.meanwhile(() => truncate(rig.image(id), 5 * 1024 * 1024));
    expect((await rig.backend.getVolume(id, rig.context))?.capacityBytes).toBe(5n * MiB);
    await rig.meanwhile(async () => undefined);
    expect((await rig.backend.getVolume(id, rig.context))?.capacityBytes).toBe(5n * MiB);
  });

  test('deleting an absent volume removes what an earlier deletion left, and only what has our form', async () => {
    const left = rig.image(`mock/csi-${'a'.repeat(28)}`);
    const foreign = join(rig.path, 'volumes', 'debian.img');
    for (const file of [left, foreign, rig.image(`mock/csi-${'a'.repeat(28)}`, 'snapshots')])
      await writeFile(file, '');
    await rig.backend.deleteVolume(`mock/csi-${'a'.repeat(28)}` as VolumeId, rig.context);
    await rig.backend.deleteVolume('mock/debian' as VolumeId, rig.context);
    await rig.backend.deleteSnapshot(`mock/csi-${'a'.repeat(28)}` as never, rig.context);
    expect(await readdir(join(rig.path, 'volumes'))).toEqual(['debian.img']);
    expect(await readdir(join(rig.path, 'snapshots'))).toEqual([]);
  });
});
