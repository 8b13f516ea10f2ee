import { expect, test } from 'bun:test';
import { ScriptId } from '../script/value.ts';
import { MenuRig } from './menu-rig.ts';

const folder = (name: string) => ({ name, type: 'directory' });
const named = (...unnamed: string[]) => ({ unnamed });

test('folders and texts are added by a name with or without a leading slash, and listed without', async () => {
  const rig = new MenuRig();
  expect(await rig.run('/file/add', folder('/pool1/csi'))).toBeInstanceOf(ScriptId);
  await rig.run('/file/add', { name: 'pool1/csi/a.json', contents: '{}' });
  const [row] = await rig.rows('/file', { name: 'pool1/csi/a.json' });
  expect(row).toEqual({
    '.id': new ScriptId('*3'),
    name: 'pool1/csi/a.json',
    type: '.json file',
    size: 2n,
    'last-modified': '2023-11-14 22:13:20',
  });
  expect(await rig.run('/file/get', {}, named('/pool1/csi/a.json', 'contents'))).toBe('{}');
  expect(await rig.find('/file', { name: '/pool1/csi' })).toEqual([]);
});

test('files are listed level by level (manual, «Btrfs subvolumes and snapshots»)', async () => {
  const rig = new MenuRig();
  for (const name of ['pool1/b', 'pool1/a', 'pool1/b/c']) await rig.run('/file/add', folder(name));
  expect(rig.appliance.files().map(({ name }) => name)).toEqual(['pool1', 'pool1/b', 'pool1/a', 'pool1/b/c']);
});

test('contents are changed, and not beyond what the manual allows', async () => {
  const rig = new MenuRig();
  await rig.run('/file/add', { name: 'pool1/a.txt', contents: 'one' });
  rig.clock.advance(1_000);
  await rig.run('/file/set', { contents: 'three' }, named('pool1/a.txt'));
  const [row] = await rig.rows('/file', { name: 'pool1/a.txt' });
  expect(row).toMatchObject({ size: 5n, 'last-modified': '2023-11-14 22:13:21' });
  const long = 'x'.repeat(61_440);
  expect(await rig.failure('/file/set', { contents: long }, named('pool1/a.txt'))).toContain('too long');
  expect(await rig.failure('/file/add', { name: 'pool1/b', contents: long })).toContain('too long');
});

test('what exists is not added again, and a parent folder must be there', async () => {
  const rig = new MenuRig();
  await rig.run('/file/add', { name: 'pool1/a', contents: '' });
  expect(await rig.failure('/file/add', folder('pool1/a'))).toBe('failure: file already exists');
  expect(await rig.failure('/file/add', folder('pool1/a/b'))).toBe('failure: not a directory');
  expect(await rig.failure('/file/add', folder('pool1/x/y'))).toBe('failure: no such file or directory');
  expect(await rig.failure('/file/add', folder('pool1/../y'))).toContain('input does not match');
});

test('a folder with content is refused or goes with it, by assumption', async () => {
  const rig = new MenuRig();
  await rig.run('/file/add', folder('pool1/csi'));
  await rig.run('/file/add', { name: 'pool1/csi/a', contents: '' });
  expect(await rig.failure('/file/remove', {}, named('pool1/csi'))).toBe('failure: directory not empty');
  const kind = new MenuRig({ assumptions: { removeFolder: 'with-content' } });
  await kind.run('/file/add', folder('pool1/csi'));
  await kind.run('/file/add', { name: 'pool1/csi/a', contents: '' });
  await kind.run('/file/remove', {}, named('pool1/csi'));
  expect(kind.appliance.files()).toHaveLength(1);
});

test('an image that a disk uses is busy, or goes and leaves the disk without it, by assumption', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a');
  expect(await rig.failure('/file/remove', {}, named('pool1/csi-a.img'))).toBe('failure: device is busy');
  expect(await rig.failure('/file/set', { name: 'pool1/b' }, named('pool1/csi-a.img'))).toContain('busy');
  const kind = new MenuRig({ assumptions: { removeUsedFile: 'done' } });
  await kind.addDisk('csi-a', { 'nvme-tcp-export': true });
  await kind.run('/file/remove', {}, named('pool1/csi-a.img'));
  expect(kind.appliance.disk('csi-a')?.hasImage).toBe(false);
  expect(kind.appliance.exports()).toEqual([]);
  const [row] = await kind.rows('/disk', { slot: 'csi-a' });
  expect(row?.['size']).toBeUndefined();
  expect(row?.['block-device']).toBeUndefined();
});

test('a copy takes space or shares it, by assumption, and is there from 7.23', async () => {
  const copy = async (fileCopy: 'allocates' | 'shares') => {
    const rig = new MenuRig({ assumptions: { fileCopy }, version: '7.23.3' });
    await rig.addDisk('csi-a');
    await rig.run('/file/copy', { name: 'pool1/b.img' }, named('pool1/csi-a.img'));
    expect(await rig.failure('/file/copy', { name: 'pool1/b.img' }, named('pool1/csi-a.img'))).toContain(
      'exists',
    );
    return (1n << 40n) - rig.appliance.pool('pool1').free;
  };
  expect(await copy('allocates')).toBe(32n << 20n);
  expect(await copy('shares')).toBe(16n << 20n);
  const older = new MenuRig({ version: '7.22.3' });
  expect(await older.failure('/file/copy', { name: 'b' }, named('pool1'))).toBe('bad command name copy');
});

test('a file is renamed within its pool, with what is in it', async () => {
  const rig = new MenuRig();
  await rig.run('/file/add', folder('pool1/a'));
  await rig.run('/file/add', { name: 'pool1/a/x', contents: '1' });
  await rig.run('/file/set', { name: 'pool1/b' }, named('pool1/a'));
  expect(rig.appliance.files().map(({ name }) => name)).toEqual(['pool1', 'pool1/b', 'pool1/b/x']);
  expect(await rig.failure('/file/set', { name: 'c' }, named('pool1/b'))).toBe(
    'failure: can not move between disks',
  );
});

test('an offline pool shows nothing of what it holds', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a', { 'nvme-tcp-export': true });
  rig.appliance.setPoolOnline('pool1', false);
  expect(rig.appliance.files().map(({ name }) => name)).toEqual(['pool1']);
  expect(rig.appliance.exports()).toEqual([]);
  const [pool] = await rig.rows('/disk', { slot: 'pool1' });
  expect(pool).toMatchObject({ empty: true });
  expect(pool?.['mounted']).toBeUndefined();
  expect(await rig.failure('/file/add', folder('pool1/a'))).toContain('no such file');
  rig.appliance.setPoolOnline('pool1', true);
  expect(rig.appliance.files()).toHaveLength(2);
  expect(rig.appliance.exports()).toHaveLength(1);
});

test('deep paths may be out of sight, by assumption', async () => {
  const rig = new MenuRig({ assumptions: { fileDepth: 1 } });
  await rig.run('/file/add', folder('pool1/a'));
  await rig.run('/file/add', folder('pool1/a/b'));
  expect(await rig.find('/file', { name: 'pool1/a' })).toHaveLength(1);
  expect(await rig.find('/file', { name: 'pool1/a/b' })).toEqual([]);
});
