import { expect, test } from 'bun:test';
import { KIND } from '../appliance/assumptions.ts';
import { ScriptArray, ScriptId } from '../script/value.ts';
import { MenuRig } from './menu-rig.ts';

const MiB = 1n << 20n;

test('a file disk is added, found by slot and read back', async () => {
  const rig = new MenuRig();
  const id = await rig.addDisk('csi-a', { comment: 'record', 'nvme-tcp-export': 'yes' });
  expect(id).toBeInstanceOf(ScriptId);
  expect(await rig.find('/disk', { slot: 'csi-a' })).toEqual(['*2']);
  const [row] = await rig.rows('/disk', { slot: 'csi-a' });
  expect(row).toMatchObject({
    type: 'file',
    slot: 'csi-a',
    comment: 'record',
    size: 16n * MiB,
    'block-device': true,
    'nvme-tcp-export': true,
    'nvme-tcp-server-port': 4420n,
    'nvme-tcp-server-nqn': 'nqn.2000-02.com.mikrotik:csi-a',
    'file-path': '/pool1/csi-a.img',
    'file-size': 16n * MiB,
  });
  expect(rig.appliance.exports()).toMatchObject([{ nqn: 'nqn.2000-02.com.mikrotik:csi-a', port: 4420 }]);
});

test('removing a disk keeps its image; the file goes by /file remove', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a');
  await rig.run('/disk/remove', {}, { unnamed: ['csi-a'] });
  expect(rig.appliance.disks()).toEqual([]);
  expect(rig.appliance.files().map(({ name }) => name)).toEqual(['pool1', 'pool1/csi-a.img']);
  const free = rig.appliance.pool('pool1').free;
  await rig.run('/file/remove', {}, { unnamed: ['pool1/csi-a.img'] });
  expect(rig.appliance.pool('pool1').free).toBe(free + 16n * MiB);
});

test('set and remove on nothing do nothing and say nothing', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a');
  const nothing = new ScriptArray();
  expect(await rig.text('/disk/set', { comment: 'x' }, { unnamed: [nothing] })).toBe('');
  expect(await rig.text('/disk/remove', {}, { unnamed: [nothing] })).toBe('');
  expect(rig.appliance.disk('csi-a')?.comment).toBe('');
  expect(await rig.failure('/disk/get', {}, { unnamed: [nothing, 'slot'] })).toBe('no such item');
  expect(await rig.failure('/disk/set', { comment: 'x' }, { unnamed: [new ScriptId('*FF')] })).toBe(
    'no such item',
  );
});

test('ids are upper-case hexadecimal and never used twice', async () => {
  const rig = new MenuRig();
  for (let at = 0; at < 12; at += 1) await rig.addDisk(`csi-${at}`);
  expect(await rig.find('/disk', { slot: 'csi-9' })).toEqual(['*B']);
  await rig.run('/disk/remove', {}, { unnamed: ['csi-11'] });
  await rig.addDisk('csi-again', { 'file-path': 'pool1/again.img' });
  expect(await rig.find('/disk', { slot: 'csi-again' })).toEqual(['*E']);
});

test('copy-from copies settings, not data', async () => {
  const rig = new MenuRig({ assumptions: { duplicateNqn: 'allowed' } });
  await rig.addDisk('csi-a', { comment: 'record', 'nvme-tcp-export': true, 'nvme-tcp-server-nqn': 'nqn.a' });
  expect(await rig.failure('/disk/add', { 'copy-from': 'csi-a', slot: 'csi-b' })).toContain('in use');
  await rig.run('/disk/add', { 'copy-from': 'csi-a', slot: 'csi-b', 'file-path': 'pool1/b.img' });
  expect(rig.appliance.disk('csi-b')).toMatchObject({ comment: 'record', nqn: 'nqn.a', fileSize: 16n * MiB });
  const file = rig.appliance.files().find(({ name }) => name === 'pool1/b.img');
  expect(file).toMatchObject({ generation: 1, size: 16n * MiB });
});

test('a slot has at most 32 characters and is there once', async () => {
  const rig = new MenuRig();
  await rig.addDisk('s'.repeat(32));
  expect(await rig.failure('/disk/add', diskArgs('t'.repeat(33)))).toBe('failure: slot name too long');
  expect(await rig.failure('/disk/add', diskArgs('s'.repeat(32), 'other'))).toBe(
    'failure: slot already exists',
  );
});

test('a comment has as many bytes as is assumed', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a', { comment: 'é'.repeat(127) });
  expect(await rig.failure('/disk/set', { comment: 'é'.repeat(128) }, { unnamed: ['csi-a'] })).toBe(
    'failure: comment too long',
  );
});

test('an image that exists is refused, adopted or emptied, by assumption', async () => {
  const plant = (existingImage: 'refused' | 'adopted' | 'truncated') => {
    const rig = new MenuRig({ assumptions: { existingImage } });
    rig.appliance.plantFile('pool1/csi-a.img', 8n * MiB);
    return rig;
  };
  expect(await plant('refused').failure('/disk/add', diskArgs('csi-a'))).toBe('failure: file already exists');
  const adopting = plant('adopted');
  await adopting.addDisk('csi-a');
  expect(adopting.appliance.disk('csi-a')?.fileSize).toBe(16n * MiB);
  const emptying = plant('truncated');
  await emptying.addDisk('csi-a');
  expect(emptying.appliance.files().at(-1)?.generation).toBeGreaterThan(1);
});

test('a missing folder is refused or made, by assumption', async () => {
  const args = diskArgs('csi-a', 'csi/deep/a');
  expect(await new MenuRig().failure('/disk/add', args)).toBe('failure: no such file or directory');
  const kind = new MenuRig({ assumptions: KIND });
  await kind.run('/disk/add', args);
  expect(kind.appliance.disk('csi-a')?.hasImage).toBe(true);
  expect(await kind.failure('/disk/add', { ...diskArgs('x'), 'file-path': 'nowhere/a.img' })).toContain(
    'no such',
  );
});

test('a full pool refuses, and nothing is left behind', async () => {
  const rig = new MenuRig();
  const args = { ...diskArgs('csi-a'), 'file-size': '2T' };
  expect(await rig.failure('/disk/add', args)).toBe('failure: not enough space');
  expect(rig.appliance.files()).toHaveLength(1);
  await rig.addDisk('csi-a');
  expect(await rig.failure('/disk/set', { 'file-size': 1n << 41n }, { unnamed: ['csi-a'] })).toContain(
    'space',
  );
});

test('growing takes space; shrinking is refused or done, by assumption', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a');
  await rig.run('/disk/set', { 'file-size': 32n * MiB }, { unnamed: ['csi-a'] });
  expect(rig.appliance.pool('pool1').free).toBe((1n << 40n) - 32n * MiB);
  expect(await rig.failure('/disk/set', { 'file-size': '1M' }, { unnamed: ['csi-a'] })).toContain('shrink');
  const kind = new MenuRig({ assumptions: { shrink: 'done' } });
  await kind.addDisk('csi-a');
  await kind.run('/disk/set', { 'file-size': '1M' }, { unnamed: ['csi-a'] });
  expect(kind.appliance.pool('pool1').free).toBe((1n << 40n) - MiB);
});

test('sizes have binary suffixes; anything else is refused', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a', { 'file-size': '1G' });
  expect(rig.appliance.disk('csi-a')?.fileSize).toBe(1n << 30n);
  const args = { ...diskArgs('csi-b'), 'file-size': '1X' };
  expect(await rig.failure('/disk/add', args)).toBe('invalid value for argument file-size');
});

test('compression is for btrfs', async () => {
  const rig = new MenuRig({ pools: [{ slot: 'pool1', fs: 'xfs', bytes: 1n << 40n }] });
  expect(await rig.failure('/disk/add', { ...diskArgs('csi-a'), compress: 'yes' })).toBe(
    'failure: compression only available for btrfs',
  );
  expect(await rig.failure('/disk/set', { compress: true }, { unnamed: ['pool1'] })).toContain(
    'only available',
  );
});

test('a version refuses what its schema lacks, and the simulator says what it does not play', async () => {
  const old = new MenuRig({ version: '7.20.8' });
  expect(await old.failure('/disk/add', { ...diskArgs('a'), 'nvme-tcp-server-nqn': 'n' })).toBe(
    'unknown parameter nvme-tcp-server-nqn',
  );
  expect(await old.failure('/disk/trim')).toBe('bad command name trim');
  await old.addDisk('csi-a', { 'nvme-tcp-export': true });
  expect(old.appliance.exports()).toMatchObject([{ nqn: 'csi-a' }]);
  const rig = new MenuRig();
  expect(await rig.failure('/disk/format', { 'file-system': 'xfs' })).toBe(
    'simulator: /disk format is not played',
  );
  expect(await rig.failure('/disk/print', { 'group-by': 'fs' })).toContain(
    'simulator: /disk print group-by=',
  );
  expect(await rig.failure('/disk/add', { type: 'tmpfs' })).toContain('simulator: /disk add type=tmpfs');
  expect(await rig.failure('/disk/settings/print')).toBe('simulator: /disk/settings is not played');
});

test('a user needs the policies', async () => {
  const rig = new MenuRig();
  const reader = { session: rig.session({ policies: new Set(['ssh', 'read']) }) };
  expect(await rig.failure('/disk/add', diskArgs('csi-a'), reader)).toBe('not enough permissions (9)');
  expect(await rig.failure('/file/remove', {}, reader)).toBe('not enough permissions (9)');
  expect(await rig.failure('/disk/find', {}, reader)).toBe('no failure');
  const nobody = { session: rig.session({ policies: new Set(['ssh']) }) };
  expect(await rig.failure('/disk/print', {}, nobody)).toBe('not enough permissions (9)');
});

test('a guest file system is mounted unless the disk says no', async () => {
  const rig = new MenuRig();
  await rig.addDisk('quiet');
  await rig.addDisk('loud', { 'mount-filesystem': true });
  for (const slot of ['quiet', 'loud']) rig.appliance.formatImage(slot, 'ext4');
  const mounted = await rig.rows('/disk', { mounted: true, type: 'file' });
  expect(mounted.map((row) => row['slot'])).toEqual(['loud']);
});

function diskArgs(slot: string, path = slot) {
  return {
    type: 'file',
    slot,
    'file-path': `/pool1/${path}.img`,
    'file-size': '16M',
    'mount-filesystem': 'no',
  };
}
