import { expect } from 'bun:test';
import { parseHandle, type SnapshotId, type VolumeId } from '../../src/core/storage/volume-id.ts';
import { type Bench, type Check, claim, expectKind, node } from './bench.ts';

/** Ids that lead nowhere, by form or by what they name. */
async function strangers(bench: Bench): Promise<string[]> {
  const { id } = await bench.create('mine');
  const slot = parseHandle(id)?.slot ?? '';
  const { name } = bench.backend;
  return [
    '',
    '/',
    name,
    `${name}/`,
    slot,
    `other-appliance/${slot}`,
    `${name}/no-such-slot`,
    `${name}/csi-${'a'.repeat(28)}`,
    `${name}/../${slot}`,
    `${name}/${slot}/`,
    `${name}/${slot}\n`,
    ` ${id}`,
    `${id.toUpperCase()}`,
    `${name}/"; /system/reset`,
    'x'.repeat(5000),
  ];
}

export function foreignIdsContract(check: Check): void {
  check('what does not exist is read as absent', async (bench) => {
    const { backend, context } = bench;
    for (const id of await strangers(bench)) {
      expect(await backend.getVolume(id as VolumeId, context)).toBeUndefined();
      expect(await backend.getSnapshot(id as SnapshotId, context)).toBeUndefined();
      expect(await backend.getGroupSnapshot(id as SnapshotId, context)).toBeUndefined();
    }
  });

  check('what does not exist is deleted and unpublished with success, and nothing else is', async (bench) => {
    const { backend, context } = bench;
    const ids = await strangers(bench);
    const before = await backend.listVolumes({}, context);
    for (const id of ids) {
      await backend.deleteVolume(id as VolumeId, context);
      await backend.unpublishVolume(id as VolumeId, node('node-a'), {}, context);
      await backend.unpublishVolume(id as VolumeId, 'all', {}, context);
      await backend.deleteSnapshot(id as SnapshotId, context);
    }
    expect(await backend.listVolumes({}, context)).toEqual(before);
  });

  check('what does not exist cannot be changed, published or copied', async (bench) => {
    const { backend, context } = bench;
    for (const [at, id] of (await strangers(bench)).entries()) {
      const volume = id as VolumeId;
      await expectKind('not-found', backend.expandVolume(volume, bench.small, context));
      for (const change of [{ compression: true }, { connection: { queues: 2 } }])
        await expectKind('not-found', backend.modifyVolume(volume, change, context));
      await expectKind('not-found', backend.publishVolume(volume, claim('node-a'), context));
      await expectKind('not-found', backend.createSnapshot({ name: `s${at}`, source: volume }, context));
      const group = { name: `g${at}`, sources: [volume] };
      await expectKind('not-found', backend.createGroupSnapshot(group, context));
    }
  });

  check('a content source that does not exist is not found, and nothing is made', async (bench) => {
    const ids = await strangers(bench);
    for (const id of ids) {
      for (const contentSource of [
        { kind: 'volume', id: id as VolumeId },
        { kind: 'snapshot', id: id as SnapshotId },
      ] as const) {
        await expectKind('not-found', bench.create('copy', { contentSource }));
      }
    }
    expect((await bench.backend.listVolumes({}, bench.context)).items).toHaveLength(1);
  });

  check('snapshots of what does not exist are an empty list', async (bench) => {
    for (const id of await strangers(bench)) {
      const page = await bench.backend.listSnapshots({ source: id as VolumeId }, {}, bench.context);
      expect(page).toEqual({ items: [] });
    }
  });
}
