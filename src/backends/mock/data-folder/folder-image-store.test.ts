import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DataFolderRig } from '../../../../test/support/mock/data-folder-rig.ts';
import { MiB } from '../../../core/bytes.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { NodeId } from '../../../core/storage/volume-id.ts';

const claim = { node: 'node-a' as NodeId, sharing: 'single', readonly: false } as const;

let rig: DataFolderRig;
beforeEach(async () => {
  rig = await DataFolderRig.make();
});
afterEach(() => rig.dispose());

const failure = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

async function fill(file: string, text: string, at = 0): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(text, at);
  await handle.close();
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const digest = async (file: string): Promise<string> => sha256(await readFile(file));

describe('images', () => {
  test('a thin volume is sparse, a thick one has its blocks', async () => {
    const thin = await stat(rig.image((await rig.create('thin', { requiredBytes: 8n * MiB })).id));
    expect([thin.size, thin.blocks]).toEqual([8 * 1024 * 1024, 0]);
    const { id } = await rig.create('thick', { provisioning: 'thick' });
    expect((await stat(rig.image(id))).blocks * 512).toBeGreaterThanOrEqual(1024 * 1024);
    await rig.backend.expandVolume(id, 3n * MiB, rig.context);
    expect((await stat(rig.image(id))).blocks * 512).toBeGreaterThanOrEqual(3 * 1024 * 1024);
  });

  test('an export is the image itself, under the NQN, as long as the volume is published', async () => {
    const { id } = await rig.create('exported');
    const { nqn } = await rig.backend.publishVolume(id, claim, rig.context);
    const exported = join(rig.path, 'exports', nqn);
    expect((await stat(exported)).ino).toBe((await stat(rig.image(id))).ino);
    await rig.backend.expandVolume(id, 2n * MiB, rig.context);
    expect((await stat(exported)).size).toBe(2 * 1024 * 1024);
    await rig.backend.unpublishVolume(id, claim.node, {}, rig.context);
    expect(await readdir(join(rig.path, 'exports'))).toEqual([]);
    const next = await rig.backend.publishVolume(id, claim, rig.context);
    expect(await readdir(join(rig.path, 'exports'))).toEqual([next.nqn]);
  });

  test('an export that somebody removed is made again by the same claim', async () => {
    const { id } = await rig.create('healed');
    const { nqn } = await rig.backend.publishVolume(id, claim, rig.context);
    await unlink(join(rig.path, 'exports', nqn));
    expect((await rig.backend.publishVolume(id, claim, rig.context)).nqn).toBe(nqn);
    expect(await readdir(join(rig.path, 'exports'))).toEqual([nqn]);
  });

  test('an export whose record could not be written does not stay beside the next', async () => {
    await rig.backend.close();
    let fail = false;
    const eio = Object.assign(new Error('EIO: write'), { code: 'EIO' });
    await rig.reopen({
      beforeStep: (step) => {
        if (fail && step.startsWith('write')) throw eio;
      },
    });
    const { id } = await rig.create('unlucky');
    fail = true;
    expect(await failure(rig.backend.publishVolume(id, claim, rig.context))).toMatchObject({
      uncertain: true,
    });
    fail = false;
    const { nqn } = await rig.backend.publishVolume(id, claim, rig.context);
    expect(await readdir(join(rig.path, 'exports'))).toEqual([nqn]);
  });

  test('a snapshot keeps the bytes of its moment, and a restored volume begins with them', async () => {
    const { id } = await rig.create('source', { requiredBytes: 2n * MiB });
    await fill(rig.image(id), 'before', 1_500_000);
    const before = await digest(rig.image(id));
    const snapshot = await rig.backend.createSnapshot({ name: 's', source: id }, rig.context);
    await fill(rig.image(id), 'after!', 1_500_000);
    expect(await digest(rig.image(snapshot.id, 'snapshots'))).toBe(before);
    const contentSource = { kind: 'snapshot', id: snapshot.id } as const;
    const restored = await rig.create('restored', { contentSource, requiredBytes: 2n * MiB });
    expect(await digest(rig.image(restored.id))).toBe(before);
    const larger = await rig.create('larger', {
      contentSource,
      requiredBytes: 3n * MiB,
      provisioning: 'thick',
    });
    const bytes = await readFile(rig.image(larger.id));
    expect(bytes.length).toBe(3 * 1024 * 1024);
    expect(
      createHash('sha256')
        .update(bytes.subarray(0, 2 * 1024 * 1024))
        .digest('hex'),
    ).toBe(before);
  });

  test('a clone has the bytes of its source', async () => {
    const { id } = await rig.create('source');
    await fill(rig.image(id), 'content', 4096);
    const copy = await rig.create('copy', { contentSource: { kind: 'volume', id } });
    expect(await digest(rig.image(copy.id))).toBe(await digest(rig.image(id)));
    expect((await stat(rig.image(copy.id))).ino).not.toBe((await stat(rig.image(id))).ino);
  });

  test('what shares blocks is not copied again', async () => {
    await rig.backend.close();
    const shared: string[] = [];
    await rig.reopen({ reflink: async (from) => shared.push(from) > 0 });
    const { id } = await rig.create('source');
    await rig.backend.createSnapshot({ name: 's', source: id }, rig.context);
    expect(shared).toEqual([rig.image(id)]);
  });

  test('a thick volume for which there is no room leaves nothing behind', async () => {
    await rig.backend.close();
    const full = new BackendError('exhausted', 'full');
    let fail = true;
    await rig.reopen({
      allocate: async (file, bytes) => (fail ? Promise.reject(full) : truncate(file, Number(bytes))),
    });
    expect(await failure(rig.create('thick', { provisioning: 'thick' }))).toBe(full);
    for (const folder of ['volumes', 'staging', 'records'])
      expect(await readdir(join(rig.path, folder))).toEqual([]);
    fail = false;
    const { id } = await rig.create('thick', { provisioning: 'thick' });
    fail = true;
    expect(await failure(rig.backend.expandVolume(id, 2n * MiB, rig.context))).toBe(full);
    expect((await stat(rig.image(id))).size).toBe(1024 * 1024);
    expect((await rig.backend.getVolume(id, rig.context))?.capacityBytes).toBe(MiB);
  });
});

describe('an image that is missing', () => {
  test('is a condition of its volume, and never made anew', async () => {
    const { id } = await rig.create('lost');
    await rig.meanwhile(() => unlink(rig.image(id)));
    const volume = await rig.backend.getVolume(id, rig.context);
    expect(volume?.conditions).toEqual([
      { status: 'data-loss', reason: 'ImageMissing', message: expect.stringContaining(rig.image(id)) },
    ]);
    expect((await rig.create('lost')).conditions).toHaveLength(1);
    const refused = [
      () => rig.backend.publishVolume(id, claim, rig.context),
      () => rig.backend.expandVolume(id, 2n * MiB, rig.context),
      () => rig.backend.createSnapshot({ name: 's', source: id }, rig.context),
      () => rig.create('copy', { contentSource: { kind: 'volume', id } }),
    ];
    for (const operate of refused) expect(await failure(operate())).toMatchObject({ kind: 'precondition' });
    expect(await readdir(join(rig.path, 'volumes'))).toEqual([]);
    expect(await readdir(join(rig.path, 'staging'))).toEqual([]);
  });

  test('of a published volume stays so after a restart, and does not keep others from opening', async () => {
    const { id } = await rig.create('lost');
    const { nqn } = await rig.backend.publishVolume(id, claim, rig.context);
    await rig.meanwhile(async () => {
      await unlink(rig.image(id));
      await unlink(join(rig.path, 'exports', nqn));
    });
    expect((await rig.backend.getVolume(id, rig.context))?.conditions).toHaveLength(1);
    await rig.backend.unpublishVolume(id, 'all', {}, rig.context);
    await rig.backend.deleteVolume(id, rig.context);
    expect(await rig.backend.getVolume(id, rig.context)).toBeUndefined();
  });

  test('of a snapshot keeps it from being restored, as a cut off one does', async () => {
    const { id } = await rig.create('source');
    const snapshot = await rig.backend.createSnapshot({ name: 's', source: id }, rig.context);
    const restore = () =>
      failure(rig.create('copy', { contentSource: { kind: 'snapshot', id: snapshot.id } }));
    await truncate(rig.image(snapshot.id, 'snapshots'), 1000);
    expect(await restore()).toMatchObject({ kind: 'precondition' });
    await unlink(rig.image(snapshot.id, 'snapshots'));
    expect(await restore()).toMatchObject({ kind: 'precondition' });
  });

  test('is told from one that was cut off, which is not published either', async () => {
    const { id } = await rig.create('short');
    await truncate(rig.image(id), 1000);
    expect((await rig.backend.getVolume(id, rig.context))?.conditions).toMatchObject([
      { status: 'data-loss', reason: 'ImageTruncated' },
    ]);
    expect(await failure(rig.backend.publishVolume(id, claim, rig.context))).toMatchObject({
      kind: 'precondition',
    });
  });
});
