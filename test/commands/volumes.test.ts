import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { NodeId } from '../../src/core/storage/volume-id.ts';
import { parseHandle, type VolumeId } from '../../src/core/storage/volume-id.ts';
import { ApplianceRig } from './appliance-rig.ts';

const NODE = 'node-a' as NodeId;

describe('rose-csi volumes', () => {
  let rig: ApplianceRig;
  beforeAll(async () => {
    rig = await ApplianceRig.withVolumes();
  });
  afterAll(() => rig.stop());

  /** A statement of a person at the appliance's console. */
  const atConsole = (...lines: string[]) => rig.console(...lines);
  const slotOf = (id: VolumeId): string => parseHandle(id)?.slot ?? '';

  test('list shows the cluster’s volumes, and with --all every disk', async () => {
    const { id } = await rig.create('list-me');
    await rig.backend.publishVolume(id, { node: NODE, sharing: 'single', readonly: false }, rig.context());
    await atConsole('/disk/add type=file slot=guest file-path=/pool1/guest.img file-size=1048576');
    const own = await rig.say('volumes', 'list');
    expect(own.code).toBe(0);
    expect(own.out).toMatch(/^SLOT +NAME +SIZE +POOL +NODES +EPOCH +EXPORTED +RECORD\n/);
    expect(own.out).toMatch(/list-me +64 MiB +pool1 +node-a +[0-9a-f]{16} +yes +ok\n/);
    expect(own.out).not.toContain('guest');
    const all = await rig.say('volumes', 'list', '--all', '-o', 'json');
    const disks: { slot: string; state: string; bytes: number }[] = JSON.parse(all.out);
    expect(disks.find(({ slot }) => slot === 'guest')).toMatchObject({ state: 'foreign', bytes: 1048576 });
    await rig.backend.unpublishVolume(id, 'all', {}, rig.context());
    await rig.backend.deleteVolume(id, rig.context());
    await atConsole('/disk/remove [find where slot=guest]');
  });

  test('show says what does not fit together', async () => {
    const { id } = await rig.create('show-me', 'pool2');
    const fits = await rig.say('volumes', 'show', id);
    expect(fits.code).toBe(0);
    expect(fits.out).toContain('all fits         yes');
    expect(fits.out).toContain('connection       as its class says\n');
    const connection = { ctrlLossTimeout: 60, queues: 2 };
    await rig.backend.modifyVolume(id, { connection }, rig.context());
    const modified = await rig.say('volumes', 'show', id);
    expect(modified.code).toBe(0);
    expect(modified.out).toContain('connection       ctrlLossTimeout 60, queues 2\n');
    await atConsole(`/file/remove [find where name="pool2/csi/test-cluster/${slotOf(id)}.rec"]`);
    const faulty = await rig.say('volumes', 'show', slotOf(id));
    expect(faulty.code).toBe(1);
    expect(faulty.out).toContain('there is no record beside the image');
    await rig.backend.deleteVolume(id, rig.context());
    expect((await rig.say('volumes', 'show', id)).err).toContain(`volume ${id} does not exist`);
  });

  test('repair writes a missing record file again, after a dry run', async () => {
    const { id } = await rig.create('repair-file', 'pool2');
    const name = `pool2/csi/test-cluster/${slotOf(id)}.rec`;
    const before = rig.fileText(name);
    await atConsole(`/file/remove [find where name="${name}"]`);
    const dry = await rig.say('volumes', 'repair', id);
    expect(dry.code).toBe(1);
    expect(dry.out).toContain(`nothing was written; do it with --confirm ${id}`);
    expect(rig.fileText(name)).toBeUndefined();
    expect((await rig.say('volumes', 'repair', id, '--confirm', id)).code).toBe(0);
    expect(rig.fileText(name)).toBe(before);
    expect((await rig.say('volumes', 'repair', id)).out).toContain('nothing to repair');
    await rig.backend.deleteVolume(id, rig.context());
  });

  test('repair asks who uses a volume whose comment is gone, and does not believe that nobody does', async () => {
    const { id } = await rig.create('repair-comment');
    const claim = { node: NODE, sharing: 'single', readonly: false } as const;
    const before = await rig.backend.publishVolume(id, claim, rig.context());
    await atConsole(`/disk/set [find where slot="${slotOf(id)}"] comment="do not touch!"`);
    const asked = await rig.say('volumes', 'repair', id);
    expect(asked.code).toBe(1);
    expect(asked.out).toContain('nothing says which nodes use it');
    const denied = await rig.say('volumes', 'repair', id, '--unpublished', '--confirm', id);
    expect([denied.code, denied.out]).toEqual([1, expect.stringContaining('--unpublished is not believed')]);
    const unsure = await rig.say('volumes', 'repair', id, '--published', 'node-a:single-rw', '--confirm', id);
    expect([unsure.code, unsure.out]).toEqual([1, expect.stringContaining('say its epoch')]);
    const told = ['--published', 'node-a:single-rw', '--epoch', before.epoch, '--confirm', id];
    expect(await rig.say('volumes', 'repair', id, ...told)).toMatchObject({ code: 0, err: '' });
    expect(await rig.backend.publishVolume(id, claim, rig.context())).toEqual(before);
    await rig.backend.unpublishVolume(id, NODE, {}, rig.context());
    await rig.backend.deleteVolume(id, rig.context());
  });

  test('repair takes a note out of a comment whose record is still whole in it', async () => {
    const { id } = await rig.create('repair-note');
    const slot = slotOf(id);
    await atConsole(
      `/disk/set [find where slot="${slot}"] comment=([/disk/get [find where slot="${slot}"] comment] . " mine")`,
    );
    expect(await rig.backend.getVolume(id, rig.context()).catch(({ kind }) => kind)).toBe('precondition');
    const done = await rig.say('volumes', 'repair', id, '--confirm', id);
    expect([done.code, done.out]).toEqual([0, expect.stringContaining('used by nobody')]);
    expect(await rig.backend.getVolume(id, rig.context())).toMatchObject({ name: 'repair-note' });
    await rig.backend.deleteVolume(id, rig.context());
  });

  test('repair writes nothing where somebody else was faster', async () => {
    const { id } = await rig.create('repair-race');
    await atConsole(`/disk/set [find where slot="${slotOf(id)}"] comment="rc1;"`);
    const rule = rig.simulator.faults.add({
      fault: { kind: 'hang', at: 'before' },
      on: { statement: /^\/disk\/set$/, slot: slotOf(id) },
    });
    const repairing = rig.say('volumes', 'repair', id, '--unpublished', '--confirm', id);
    await rule.whenMet();
    await atConsole(`/disk/comment [find where slot="${slotOf(id)}"] comment="rc1;;"`);
    rule.release();
    const { code, err } = await repairing;
    expect([code, err]).toEqual([1, expect.stringContaining('has changed since it was looked at')]);
    const told = ['--unpublished', '--confirm', id];
    expect((await rig.say('volumes', 'repair', id, ...told)).code).toBe(0);
    await rig.backend.deleteVolume(id, rig.context());
  });

  test('recover adds disk items again, and leaves deleted ones and others alone', async () => {
    const made = [
      await rig.create('recover-a'),
      await rig.create('recover-b', 'pool2'),
      await rig.create('recover-c', 'pool2'),
    ];
    const [a, b, c] = made.map(({ id }) => id) as [VolumeId, VolumeId, VolumeId];
    await atConsole(
      `/file/set [find where name="pool2/csi/test-cluster/${slotOf(c)}.rec"] contents="deleted ${slotOf(c)}"`,
      '/disk/remove [find where type=file]',
    );
    const refused = await rig.say('volumes', 'recover', '--confirm');
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('EMPTIES it')]);
    const dry = await rig.say('volumes', 'recover', '-o', 'json');
    expect(dry.code).toBe(1);
    const plan: { recoverable: { id: VolumeId }[]; left: unknown[] } = JSON.parse(dry.out);
    expect(plan.recoverable.map(({ id }) => id).sort()).toEqual([a, b].sort());
    expect(plan.left).toEqual([
      { path: `pool2/csi/test-cluster/${slotOf(c)}.rec`, why: expect.stringContaining('deletion') },
    ]);
    const done = await rig.say('volumes', 'recover', '--confirm', '--adopt');
    expect(done.code).toBe(0);
    for (const { id, name, capacityBytes } of made.slice(0, 2)) {
      expect(await rig.backend.getVolume(id, rig.context())).toMatchObject({
        name,
        capacityBytes,
        mayFormat: false,
      });
      expect((await rig.say('volumes', 'show', id)).code).toBe(0);
      await rig.backend.deleteVolume(id, rig.context());
    }
    expect((await rig.say('volumes', 'recover')).code).toBe(0);
  });

  test('faults of the command line are 2, and an appliance that is away is 1', async () => {
    expect((await rig.say('volumes')).code).toBe(2);
    expect((await rig.say('volumes', 'constructor')).code).toBe(2);
    expect((await rig.say('volumes', 'list', '--rds-adress', 'x')).code).toBe(2);
    expect((await rig.say('volumes', 'list', '-o', 'yaml')).code).toBe(2);
    expect((await rig.say('volumes', 'show')).code).toBe(2);
    expect((await rig.say('volumes', 'show', 'other/slot')).err).toContain('RDS_NAME is rds');
    expect((await rig.say('volumes', 'list', '--rds-backend', 'mock')).code).toBe(2);
    for (const name of ['list', 'show', 'repair', 'recover']) {
      expect(await rig.say('volumes', name, '--help')).toMatchObject({ code: 0, err: '' });
    }
    const away = await rig.say('volumes', 'list', '--rds-port', '1');
    expect([away.code, away.err]).toEqual([1, expect.stringContaining('connection refused')]);
  });
});
