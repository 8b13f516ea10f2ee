import { describe, expect } from 'bun:test';
import { MiB } from '../../src/core/bytes.ts';
import { slotFor, type VolumeId } from '../../src/core/storage/volume-id.ts';
import { connectedBackend } from '../support/routeros-backend.ts';
import { expectKind } from './bench.ts';
import { type Accident, ADOPTS, accident, slotOf } from './routeros-accident.ts';
import { pool } from './routeros-fixtures.ts';

const BOTH = [pool('fast', 'btrfs', 400n * MiB), pool('plain', 'xfs')];
const HOUR_MS = 3_600_000;

const seen = async ({ backend, context }: Accident) =>
  (await backend.listRemains(context)).map(({ id, state, name }) => ({ id, state, ...(name && { name }) }));
const loseDisk = (on: Accident, id: VolumeId) => on.type(`/disk/remove [find slot="${slotOf(id)}"]`);
const filesOf = (on: Accident, id: VolumeId) => on.files().filter((name) => name.includes(slotOf(id)));

async function stays(on: Accident, id: VolumeId): Promise<void> {
  const before = filesOf(on, id);
  await expectKind('changed', on.backend.removeRemains(id, on.context), id);
  expect(filesOf(on, id)).toEqual(before);
}

describe('remains', () => {
  for (const where of ['fast', 'plain']) {
    accident(`of a volume whose disk item is gone are its own, and stay: ${where}`, BOTH, async (on) => {
      const { id } = await on.create('lost', { pool: where });
      await loseDisk(on, id);
      expect(await seen(on)).toEqual([{ id, state: 'volume', name: 'lost' }]);
      await stays(on, id);
    });

    accident(`with what a person wrote in the record are not known, and stay: ${where}`, BOTH, async (on) => {
      const { id } = await on.create('written', { pool: where });
      await loseDisk(on, id);
      const [record] = filesOf(on, id).filter((name) => name.endsWith('.rec'));
      for (const text of [
        'keep this',
        `deleted ${slotOf(id)} `,
        `deleted ${slotFor('contract', 'another')}`,
      ]) {
        await on.type(`/file/set [find name="${record}"] contents="${text}"`);
        expect(await seen(on)).toEqual([{ id, state: 'unknown' }]);
        await stays(on, id);
      }
      await on.type(`/file/remove [find name="${record}"]`);
      expect(await seen(on)).toEqual([{ id, state: 'unknown' }]);
      await stays(on, id);
    });

    accident(
      `that are marked are as old as their mark, by the appliance’s clock: ${where}`,
      BOTH,
      async (on) => {
        const { id } = await on.create('old', { pool: where });
        await loseDisk(on, id);
        const [record] = filesOf(on, id).filter((name) => name.endsWith('.rec'));
        await on.type(`/file/set [find name="${record}"] contents="deleted ${slotOf(id)}"`);
        const age = async () => (await on.backend.listRemains(on.context))[0]?.ageMs ?? -1;
        expect(await age()).toBeLessThan(HOUR_MS);
        on.simulator.appliance.clock.aheadMs += HOUR_MS;
        expect(await age()).toBeGreaterThanOrEqual(HOUR_MS);
        await on.backend.removeRemains(id, on.context);
        expect(filesOf(on, id)).toEqual([]);
      },
    );
  }

  accident(
    'that are another volume’s copy are told as such, and stay',
    BOTH,
    async (on) => {
      const { id } = await on.create('copied', { pool: 'fast' });
      const slot = slotFor('contract', 'copy');
      await on.type(
        `/disk/btrfs/subvolume/add fs=fast-fs name=csi/contract/${slot} read-only=no parent=[:pick [/disk/btrfs/subvolume/find where fullname~"${slotOf(id)}"] 0]`,
      );
      expect(await seen(on)).toEqual([{ id: `rds/${slot}` as VolumeId, state: 'copy', name: 'copied' }]);
      await stays(on, `rds/${slot}` as VolumeId);
    },
    ADOPTS,
  );

  accident(
    'that are nothing but a subvolume are told, and what has another name is not',
    BOTH,
    async (on) => {
      await on.create('first', { pool: 'fast' });
      const slot = slotFor('contract', 'bare');
      for (const name of [slot, 'by-hand', `${slot}x`])
        await on.type(`/disk/btrfs/subvolume/add fs=fast-fs name=csi/contract/${name} read-only=no`);
      expect(await seen(on)).toEqual([{ id: `rds/${slot}` as VolumeId, state: 'unknown' }]);
    },
  );

  accident('of another cluster, and images that were imported, are not ours to look at', BOTH, async (on) => {
    const theirs = await connectedBackend(on.simulator, { options: { clusterId: 'theirs' } });
    const size = { requiredBytes: MiB, provisioning: 'thin', compression: false } as const;
    const { id } = await theirs.createVolume({ name: 'their-own', pool: 'plain', ...size }, on.context);
    await loseDisk(on, id);
    await on.type(`/file/add name=plain/csi/contract/imported type=directory`);
    await on.type(`/file/add name=plain/csi/contract/imported/mine.rec contents=text`);
    expect(await seen(on)).toEqual([]);
    await on.backend.removeRemains(id, on.context);
    expect(await theirs.listRemains(on.context)).toMatchObject([{ id, state: 'volume' }]);
    await theirs.close();
  });
});
