import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { MiB } from '../../src/core/bytes.ts';
import type { NodeId, VolumeId } from '../../src/core/storage/volume-id.ts';
import { ApplianceRig } from './appliance-rig.ts';

setDefaultTimeout(60_000);

const CLAIM = { node: 'node-a' as NodeId, sharing: 'single', readonly: false } as const;
/** The commands of a script that change anything. */
const WRITING = /^\/(disk|file)\/(add|set|remove)$/;
const OLD_NQN = 'nqn.2000-02.com.mikrotik:';

describe('rose-csi volumes import', () => {
  let rig: ApplianceRig;
  beforeAll(async () => {
    rig = await ApplianceRig.withVolumes();
    await rig.console('/file/add name=pool2/volumes type=directory');
  });
  afterAll(() => rig.stop());

  /** A volume as the earlier Go driver makes them: exported from the beginning, under its slot. */
  async function oldVolume(slot: string, more = '', pool = 'pool2'): Promise<VolumeId> {
    await rig.console(
      `/disk/add type=file slot="${slot}" file-path="/${pool}/volumes/${slot}.img" file-size=67108864 ` +
        `nvme-tcp-export=yes nvme-tcp-server-port=4420 nvme-tcp-server-nqn="${OLD_NQN}${slot}" ${more}`,
    );
    return `rds/${slot}` as VolumeId;
  }

  /** All that the appliance keeps of a slot. */
  const itemOf = (slot: string) => rig.simulator.appliance.disk(slot);
  const remove = (slot: string) =>
    rig.console(
      `/disk/remove [find where slot="${slot}"]`,
      `/file/remove [find where name="pool2/volumes/${slot}.img"]`,
    );

  test('says what it would change, and changes nothing until it is confirmed', async () => {
    await oldVolume('pvc-dry');
    const before = itemOf('pvc-dry');
    const refused = await rig.say('volumes', 'import', 'pvc-dry');
    expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('say --stop-export')]);
    const dry = await rig.say('volumes', 'import', 'pvc-dry', '--stop-export');
    expect([dry.code, dry.out]).toEqual([1, expect.stringContaining('do it with --confirm pvc-dry')]);
    expect(dry.out).toContain(`NQN               is ${OLD_NQN}pvc-dry`);
    expect(itemOf('pvc-dry')).toEqual(before);
    expect(rig.fileText('pool2/csi/test-cluster/imported/pvc-dry.rec')).toBeUndefined();
    await remove('pvc-dry');
  });

  test('prints a PersistentVolume that is retained, and its claim', async () => {
    const id = await oldVolume('pvc-manifest');
    const wish = ['--stop-export', '--claim', 'shop/data', '--storage-class', 'rose', '--fs-type', 'xfs'];
    const { code, out } = await rig.say(
      'volumes',
      'import',
      'pvc-manifest',
      ...wish,
      '--confirm',
      'pvc-manifest',
    );
    expect(code).toBe(0);
    expect(Bun.YAML.parse(out)).toMatchObject([
      {
        kind: 'PersistentVolume',
        metadata: { name: 'pvc-manifest' },
        spec: {
          capacity: { storage: '67108864' },
          accessModes: ['ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          storageClassName: 'rose',
          claimRef: { namespace: 'shop', name: 'data' },
          csi: {
            driver: 'rose-csi.io',
            volumeHandle: id,
            fsType: 'xfs',
            volumeAttributes: { pool: 'pool2', provisioning: 'thin' },
          },
        },
      },
      {
        kind: 'PersistentVolumeClaim',
        metadata: { namespace: 'shop', name: 'data' },
        spec: { volumeName: 'pvc-manifest' },
      },
    ]);
    const again = await rig.say('volumes', 'import', 'pvc-manifest', '--block', '-o', 'json');
    expect(again.code).toBe(0);
    const { kind, manifests } = JSON.parse(again.out);
    expect([kind, manifests[0].spec.volumeMode, manifests[0].spec.csi.fsType]).toEqual([
      'imported',
      'Block',
      undefined,
    ]);
    await rig.say('volumes', 'release', id, '--confirm', id);
    await remove('pvc-manifest');
  });

  test.each([
    ['a comment', 'comment="vm disk; \\"do not touch\\""'],
    ['no comment', ''],
    ['mount-filesystem=no', 'mount-filesystem=no'],
  ])('a volume that was used and given back is what it was before: %s', async (_, more) => {
    const id = await oldVolume('pvc-back', more);
    const before = itemOf('pvc-back');
    expect(await rig.say('volumes', 'import', id, '--stop-export', '--confirm', id)).toMatchObject({
      code: 0,
      err: '',
    });
    const imported = await rig.backend.getVolume(id, rig.context());
    expect(imported).toMatchObject({ mayFormat: false, imported: true, publications: [], conditions: [] });
    const source = await rig.backend.publishVolume(id, CLAIM, rig.context());
    expect(source).toMatchObject({ mayFormat: false, capacityBytes: 64n * MiB });
    const busy = await rig.say('volumes', 'release', id, '--confirm', id);
    expect([busy.code, busy.err]).toEqual([1, expect.stringContaining('is published to node-a')]);
    await rig.backend.unpublishVolume(id, 'all', {}, rig.context());
    const dry = await rig.say('volumes', 'release', id);
    expect([dry.code, dry.out]).toEqual([1, expect.stringContaining(`would be again ${OLD_NQN}pvc-back`)]);
    expect((await rig.say('volumes', 'release', id, '--confirm', id)).code).toBe(0);
    expect(itemOf('pvc-back')).toEqual(before);
    expect(rig.fileText('pool2/csi/test-cluster/imported/pvc-back.rec')).toBeUndefined();
    expect(await rig.backend.getVolume(id, rig.context())).toBeUndefined();
    await remove('pvc-back');
  });

  test('a comment that was taken off does not make the driver’s own settings what the disk was before', async () => {
    const id = await oldVolume('pvc-twice');
    await rig.say('volumes', 'import', id, '--stop-export', '--confirm', id);
    await rig.backend.publishVolume(id, CLAIM, rig.context());
    await rig.backend.unpublishVolume(id, 'all', {}, rig.context());
    const file = 'pool2/csi/test-cluster/imported/pvc-twice.rec';
    const kept = rig.fileText(file);
    await rig.console('/disk/set [find where slot=pvc-twice] comment=""');
    const again = await rig.say('volumes', 'import', id, '--confirm', id);
    expect([again.code, again.out]).toEqual([1, expect.stringContaining('volumes repair')]);
    expect(rig.fileText(file)).toBe(kept);
    const repaired = await rig.say('volumes', 'repair', id, '--unpublished', '--confirm', id);
    expect([repaired.code, repaired.err]).toEqual([0, '']);
    expect((await rig.say('volumes', 'release', id, '--confirm', id)).code).toBe(0);
    expect(itemOf('pvc-twice')?.nvmeNqn).toBe(`${OLD_NQN}pvc-twice`);
    await remove('pvc-twice');
  });

  test('a disk that was never exported gets RouterOS’s own name back', async () => {
    await rig.console(
      '/disk/add type=file slot=plain-one file-path=/pool2/volumes/one.raw file-size=67108864',
    );
    const before = itemOf('plain-one');
    expect((await rig.say('volumes', 'import', 'plain-one', '--confirm', 'plain-one')).code).toBe(0);
    expect((await rig.say('volumes', 'show', 'plain-one')).code).toBe(0);
    const id = 'rds/plain-one' as VolumeId;
    await rig.backend.publishVolume(id, CLAIM, rig.context());
    await rig.backend.unpublishVolume(id, 'all', {}, rig.context());
    expect((await rig.say('volumes', 'release', 'plain-one', '--confirm', 'plain-one')).code).toBe(0);
    expect(itemOf('plain-one')).toEqual(before);
    expect((await rig.say('volumes', 'release', 'plain-one')).err).toContain('is not imported');
    await rig.console('/disk/remove [find where slot=plain-one]');
  });

  test('is refused, with every reason at once', async () => {
    const { id } = await rig.create('of-ours');
    const refusal = async (slot: string) => (await rig.say('volumes', 'import', slot, '--stop-export')).out;
    expect(await refusal(id)).toContain('a volume that this cluster’s driver made');
    expect((await rig.say('volumes', 'import', 'nothing')).err).toContain('has no disk nothing');
    expect(await refusal('pool1')).toContain('not a file');
    await oldVolume('foreign', 'comment="rc1;0badcafe;1;t-p;4420;-;-;-;x;0000"');
    expect(await refusal('foreign')).toContain('a volume of another cluster');
    await remove('foreign');
    await rig.console('/disk/add type=file slot=stray file-path=/pool1/csi/stray.img file-size=1048576');
    expect(await refusal('stray')).toContain('lies in a folder of this driver');
    await rig.console('/disk/remove [find where slot=stray]');
    await oldVolume('limited', 'nvme-tcp-server-allow-host-name="nqn.2014-08.org.nvmexpress:uuid:1"');
    expect(await refusal('limited')).toContain('nvme-tcp-server-allow-host-name');
    await remove('limited');
    await rig.backend.deleteVolume(id, rig.context());
  });

  test('changes nothing where somebody else was faster', async () => {
    const id = await oldVolume('pvc-race');
    const rule = rig.simulator.faults.add({
      fault: { kind: 'hang', at: 'before' },
      on: { statement: /^\/disk\/set$/, slot: 'pvc-race' },
    });
    const importing = rig.say('volumes', 'import', id, '--stop-export', '--confirm', id);
    await rule.whenMet();
    await rig.console('/disk/comment [find where slot=pvc-race] comment="mine"');
    const before = itemOf('pvc-race');
    rule.release();
    const { code, err } = await importing;
    expect([code, err]).toEqual([1, expect.stringContaining('has changed since it was looked at')]);
    expect(itemOf('pvc-race')).toEqual(before);
    await remove('pvc-race');
  });

  /** `rose-csi` with the connection cut at the n-th command that writes: before it, or after. @returns whether it was */
  async function cutAt(step: number, exec: RegExp, ...args: string[]): Promise<boolean> {
    const rule = rig.simulator.faults.add({
      fault: { kind: 'cut', at: step % 2 === 0 ? 'before' : 'after' },
      on: { exec, statement: WRITING },
      from: 1 + Math.floor(step / 2),
    });
    await rig.say(...args);
    rule.remove();
    return rule.met > 0;
  }

  test('whatever cuts an import or a release, the next try ends well', async () => {
    const id = await oldVolume('pvc-cut', 'comment="of mine"');
    const before = itemOf('pvc-cut');
    const [importing, releasing] = [
      ['volumes', 'import', id, '--stop-export', '--confirm', id],
      ['volumes', 'release', id, '--confirm', id],
    ] as const;
    for (let step = 0, met = true; met; step += 1) {
      const first = await cutAt(step, /rc1;/, ...importing);
      expect((await rig.say(...importing)).code).toBe(0);
      const second = await cutAt(step, /[/]disk[/]set/, ...releasing);
      // Refused where it is done already.
      await rig.say(...releasing);
      expect(itemOf('pvc-cut')).toEqual(before);
      met = first || second;
    }
    await remove('pvc-cut');
  });

  test('every operation on an imported volume is right, and none deletes it', async () => {
    const id = await oldVolume('pvc-life', '', 'pool1').catch(async () => {
      await rig.console('/file/add name=pool1/volumes type=directory');
      return oldVolume('pvc-life', '', 'pool1');
    });
    expect((await rig.say('volumes', 'import', id, '--stop-export', '--confirm', id)).code).toBe(0);
    const { backend } = rig;
    const context = () => rig.context();
    expect((await backend.expandVolume(id, 96n * MiB, context())).capacityBytes).toBe(96n * MiB);
    expect((await backend.modifyVolume(id, { compression: true }, context())).compression).toBe(true);
    expect((await backend.listVolumes({}, context())).items.map((one) => one.id)).toContain(id);
    const kindOf = (work: Promise<unknown>) =>
      work.then(
        () => 'success',
        ({ kind }) => kind,
      );
    expect(await kindOf(backend.createSnapshot({ name: 'of-imported', source: id }, context()))).toBe(
      'unsupported',
    );
    const clone = {
      name: 'copy',
      requiredBytes: 96n * MiB,
      provisioning: 'thin',
      compression: false,
    } as const;
    expect(
      await kindOf(backend.createVolume({ ...clone, contentSource: { kind: 'volume', id } }, context())),
    ).toBe('unsupported');
    expect(await kindOf(backend.deleteVolume(id, context()))).toBe('precondition');
    expect(itemOf('pvc-life')?.fileSize).toBe(96n * MiB);
    expect((await rig.say('volumes', 'list')).out).toMatch(/pvc-life .* ok, imported\n/);
    await rig.say('volumes', 'release', id, '--confirm', id);
    expect(itemOf('pvc-life')).toMatchObject({ comment: '', fileSize: 96n * MiB });
    await rig.console('/disk/remove [find where slot=pvc-life]');
  });

  test('a comment that was taken away from one in use is noticed, and repaired', async () => {
    const id = await oldVolume('pvc-edit');
    await rig.say('volumes', 'import', id, '--stop-export', '--confirm', id);
    const source = await rig.backend.publishVolume(id, CLAIM, rig.context());
    await rig.console('/disk/set [find where slot=pvc-edit] comment=""');
    const kindOf = (work: Promise<unknown>) =>
      work.then(
        () => 'success',
        ({ kind }) => kind,
      );
    expect(await kindOf(rig.backend.getVolume(id, rig.context()))).toBe('precondition');
    expect(await kindOf(rig.backend.unpublishVolume(id, 'all', {}, rig.context()))).toBe('precondition');
    const { items } = await rig.backend.listVolumes({}, rig.context());
    expect(items.find((one) => one.id === id)?.conditions[0]?.reason).toBe('RecordUnreadable');
    const told = ['--published', 'node-a:single-rw', '--epoch', source.epoch, '--confirm', id];
    expect(await rig.say('volumes', 'repair', id, ...told)).toMatchObject({ code: 0, err: '' });
    expect(await rig.backend.publishVolume(id, CLAIM, rig.context())).toEqual(source);
    await rig.backend.unpublishVolume(id, 'all', {}, rig.context());
    await rig.console('/disk/set [find where slot=pvc-edit] comment=""');
    expect((await rig.say('volumes', 'repair', id, '--unpublished', '--confirm', id)).code).toBe(0);
    expect(await rig.backend.getVolume(id, rig.context())).toMatchObject({
      imported: true,
      mayFormat: false,
    });
    expect((await rig.say('volumes', 'release', id, '--confirm', id)).code).toBe(0);
    await remove('pvc-edit');
  });

  test('is recovered where its image lies, after the configuration was reset', async () => {
    const id = await oldVolume('pvc-reset');
    await rig.say('volumes', 'import', id, '--stop-export', '--confirm', id);
    const before = await rig.backend.getVolume(id, rig.context());
    await rig.console('/disk/remove [find where slot=pvc-reset]');
    const { left } = JSON.parse((await rig.say('volumes', 'recover', '-o', 'json')).out);
    expect(JSON.stringify(left)).not.toContain('pvc-reset');
    const done = await rig.say('volumes', 'recover', id, '--confirm', '--adopt');
    expect(done.code).toBe(0);
    expect(await rig.backend.getVolume(id, rig.context())).toEqual(before);
    expect((await rig.say('volumes', 'release', id, '--confirm', id)).code).toBe(0);
    await remove('pvc-reset');
  });

  test('faults of the command line are told', async () => {
    for (const args of [
      ['x', '--claim', 'no-namespace'],
      ['x', '--access-mode', 'RWO'],
      ['x', '--confirm', 'y'],
      ['x', '--name', 'Not A Name'],
      [],
    ]) {
      expect([args, (await rig.say('volumes', 'import', ...args)).code]).toEqual([args, 2]);
    }
    for (const name of ['import', 'release']) {
      expect(await rig.say('volumes', name, '--help')).toMatchObject({ code: 0, err: '' });
    }
  });
});
