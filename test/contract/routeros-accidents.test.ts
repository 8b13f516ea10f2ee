import { describe, expect, test } from 'bun:test';
import { MiB } from '../../src/core/bytes.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import type { VolumeId } from '../../src/core/storage/volume-id.ts';
import { connectedBackend } from '../support/routeros-backend.ts';
import { claim, expectKind } from './bench.ts';
import { Accident, ADOPTS, accident, KIND, slotOf } from './routeros-accident.ts';
import { pool } from './routeros-fixtures.ts';

const XFS = [pool('fast', 'xfs')];
const BTRFS = [pool('fast', 'btrfs', 400n * MiB)];

describe('exports', () => {
  accident(
    'that are still on although nobody holds the volume are stopped by the next unpublish',
    XFS,
    async (on) => {
      const { id } = await on.create('left-on');
      const { nqn } = await on.backend.publishVolume(id, claim('node-a'), on.context);
      await on.backend.unpublishVolume(id, 'all', {}, on.context);
      await on.type(`/disk/set [find slot="${slotOf(id)}"] nvme-tcp-server-nqn="${nqn}" nvme-tcp-export=yes`);
      expect(on.simulator.appliance.exports()).toHaveLength(1);
      expect((await on.backend.getVolume(id, on.context))?.conditions).toMatchObject([
        { reason: 'StillExported' },
      ]);
      await on.backend.unpublishVolume(id, 'all', {}, on.context);
      expect(on.simulator.appliance.exports()).toEqual([]);
    },
  );

  accident(
    'that are still on are stopped, and settle, before a new epoch begins',
    XFS,
    async (on) => {
      const { id } = await on.create('left-on');
      const old = await on.backend.publishVolume(id, claim('node-a'), on.context);
      await on.backend.unpublishVolume(id, 'all', {}, on.context);
      const turnOn = `nvme-tcp-server-nqn="${old.nqn}" nvme-tcp-export=yes`;
      await on.type(`/disk/set [find slot="${slotOf(id)}"] ${turnOn}`);
      const begun = performance.now();
      const { nqn } = await on.backend.publishVolume(id, claim('node-a'), on.context);
      expect(performance.now() - begun).toBeGreaterThanOrEqual(395);
      expect(nqn).not.toBe(old.nqn);
      expect(on.simulator.appliance.exports().map((one) => one.nqn)).toEqual([nqn]);
    },
    { options: { settleMs: 400 } },
  );

  accident('that a person has renamed are not handed out as if they were right', XFS, async (on) => {
    const { id } = await on.create('renamed');
    await on.backend.publishVolume(id, claim('node-a'), on.context);
    await on.type(`/disk/set [find slot="${slotOf(id)}"] nvme-tcp-server-nqn="nqn.2026-01.com.example:mine"`);
    await expectKind(
      'precondition',
      on.backend.publishVolume(id, claim('node-a'), on.context),
      'nqn.2026-01.com.example:mine',
    );
  });
});

describe('another node', () => {
  accident(
    'waits for the whole settle time, also when its first try was cancelled',
    XFS,
    async (on) => {
      const { id } = await on.create('settles');
      await on.backend.publishVolume(id, claim('node-a'), on.context);
      await on.backend.unpublishVolume(id, 'all', {}, on.context);
      const stopped = performance.now();
      const impatient = detachedContext(AbortSignal.timeout(20));
      await on.backend.publishVolume(id, claim('node-b'), impatient).catch(() => undefined);
      await on.backend.publishVolume(id, claim('node-b'), on.context);
      expect(performance.now() - stopped).toBeGreaterThanOrEqual(395);
    },
    { options: { settleMs: 400 } },
  );
});

describe('images', () => {
  accident('of a person beside ours are left alone, whatever they are called', BTRFS, async (on) => {
    const { id } = await on.create('copied');
    const path = `csi/contract/${slotOf(id)}`;
    for (const name of ['backup', 'backup/csi', 'backup/csi/contract']) {
      await on.type(`/file/add name="fast/${name}" type=directory`);
    }
    await on.type(`/disk/btrfs/subvolume/add fs="fast-fs" name="backup/${path}"`);
    await on.backend.deleteVolume(id, on.context);
    const left = on.simulator.appliance.subvolumes().map(({ fullname }) => fullname);
    expect(left).toContain(`backup/${path}`);
    expect(left).not.toContain(path);
  });

  accident('whose configuration was reset go with DeleteVolume, and with nothing else', XFS, async (on) => {
    const [kept, gone] = [await on.create('kept'), await on.create('gone')];
    const isOf = (id: VolumeId) => (name: string) => name.includes(slotOf(id));
    for (const { id } of [kept, gone]) await on.type(`/disk/remove [find slot="${slotOf(id)}"]`);
    await expectKind('precondition', on.create('kept'), 'recover');
    expect(on.files().filter(isOf(kept.id))).toHaveLength(2);
    await on.backend.deleteVolume(gone.id, on.context);
    expect(on.files().filter(isOf(gone.id))).toEqual([]);
    expect(on.files().filter(isOf(kept.id))).toHaveLength(2);
  });

  accident('beside a record that a person wrote are left alone', BTRFS, async (on) => {
    const { id } = await on.create('noted');
    const record = `fast/csi/contract/${slotOf(id)}/volume.rec`;
    await on.type(`/disk/remove [find slot="${slotOf(id)}"]`);
    await on.type(`/file/set [find name="${record}"] contents="do not delete, this is the mail server"`);
    await expectKind('precondition', on.create('noted'));
    await on.backend.deleteVolume(id, on.context);
    expect(on.files()).toContain(record.replace('.rec', '.img'));
  });

  accident('that are gone are told of, and are not published', XFS, async (on) => {
    const { id } = await on.create('lost');
    await on.type(`/file/remove [find name="fast/csi/contract/${slotOf(id)}.img"]`);
    const volume = await on.backend.getVolume(id, on.context);
    expect(volume?.conditions).toMatchObject([{ status: 'data-loss', reason: 'ImageMissing' }]);
    await expectKind('precondition', on.backend.publishVolume(id, claim('node-a'), on.context), id);
    await on.create('another');
    expect((await on.backend.pools(on.context)).map(({ name }) => name)).toEqual(['fast']);
  });
});

describe('pools', () => {
  accident('may be called as our folder is', [pool('csi', 'xfs')], async (on) => {
    const { id } = await on.create('inside');
    expect((await on.backend.expandVolume(id, 8n * MiB, on.context)).capacityBytes).toBe(8n * MiB);
    await on.backend.deleteVolume(id, on.context);
    expect(on.files().filter((name) => name.includes(slotOf(id)))).toEqual([]);
  });

  accident(
    'that share a label are refused, since their subvolumes cannot be told apart',
    [
      { ...pool('fast', 'btrfs'), label: 'same' },
      { ...pool('slow', 'btrfs'), label: 'same' },
    ],
    async (on) => expectKind('precondition', on.create('ambiguous'), 'same', 'fast', 'slow'),
  );

  test('that are no longer used still let their volumes go', async () => {
    const on = await Accident.open([pool('fast', 'xfs'), pool('slow', 'xfs')], KIND, {
      options: { pools: ['fast'] },
    });
    const before = await connectedBackend(on.simulator);
    try {
      const size = { requiredBytes: 4n * MiB, provisioning: 'thin', compression: false } as const;
      const { id } = await before.createVolume({ name: 'old', pool: 'slow', ...size }, on.context);
      await expectKind('unsupported', on.backend.modifyVolume(id, { compression: true }, on.context), 'slow');
      await on.backend.deleteVolume(id, on.context);
      expect(on.files().filter((name) => name.includes(slotOf(id)))).toEqual([]);
    } finally {
      await before.close();
      await on.close();
    }
  });
});

describe('one line', () => {
  accident(
    'takes a page from any token on, and a group of many volumes',
    BTRFS,
    async (on) => {
      const made = await Promise.all(Array.from({ length: 24 }, (_, at) => on.create(`many-${at}`)));
      const first = await on.backend.listVolumes({ limit: 5 }, on.context);
      const second = await on.backend.listVolumes({ limit: 5, after: first.next ?? '' }, on.context);
      expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(10);
      const sources = made.map(({ id }) => id);
      const group = await on.backend.createGroupSnapshot({ name: 'group', sources }, on.context);
      expect(group.snapshots).toHaveLength(24);
      const longest = Math.max(...on.simulator.journal.since(0).map(({ text }) => text.length));
      expect(longest).toBeLessThanOrEqual(8192);
    },
    ADOPTS,
  );
});
