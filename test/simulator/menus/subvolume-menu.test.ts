import { expect, test } from 'bun:test';
import { ScriptId } from '../script/value.ts';
import { MenuRig } from './menu-rig.ts';

const MENU = '/disk/btrfs/subvolume';
const MiB = 1n << 20n;

/** A volume in a subvolume of its own, written to three times. */
async function withVolume(options: ConstructorParameters<typeof MenuRig>[0] = {}): Promise<MenuRig> {
  const rig = new MenuRig(options);
  await rig.run('/file/add', { name: 'pool1/csi', type: 'directory' });
  await rig.run(`${MENU}/add`, { fs: 'pool1', name: 'csi/vol' });
  await rig.addDisk('csi-vol', { 'file-path': 'pool1/csi/vol/volume.img', 'nvme-tcp-export': true });
  const session = rig.appliance.connectInitiator('nqn.2000-02.com.mikrotik:csi-vol', 4420, 'host');
  for (let at = 0; at < 3; at += 1) session.write();
  return rig;
}

const generation = (rig: MenuRig, name: string) =>
  rig.appliance.files().find((file) => file.name === name)?.generation;

const snapshot = (rig: MenuRig, name = 'csi/snap') =>
  rig.run(`${MENU}/add`, { fs: 'pool1', name, parent: 'csi/vol', 'read-only': 'yes' });

test('the root is listed as the manual writes it; others by the last part of their path', async () => {
  const rig = await withVolume();
  const rows = await rig.rows(MENU);
  expect(rows.map((row) => [row['name'], row['fullname'], row['top-level'], row['subvolume-id']])).toEqual([
    ['<FS_ROOT>', '<FS_ROOT>', '<FS_ROOT>', 5n],
    ['vol', 'csi/vol', '<FS_ROOT>', 256n],
  ]);
  expect(rows[0]).toMatchObject({ default: true, 'read-only': false });
  expect(rows[1]?.['uuid']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test("a snapshot has its source's files of that moment, shares their space, and can't be written", async () => {
  const rig = await withVolume();
  const free = rig.appliance.pool('pool1').free;
  await snapshot(rig);
  expect(rig.appliance.pool('pool1').free).toBe(free);
  rig.appliance.connectInitiator('nqn.2000-02.com.mikrotik:csi-vol', 4420, 'host').write(MiB);
  expect(generation(rig, 'pool1/csi/snap/volume.img')).toBe(4);
  expect(generation(rig, 'pool1/csi/vol/volume.img')).toBe(5);
  expect(rig.appliance.pool('pool1').free).toBe(free - MiB);
  const [row] = await rig.rows(MENU, { name: 'snap' });
  expect(row).toMatchObject({ snapshot: true, 'read-only': true, parent: 'vol', fullname: 'csi/snap' });
  const inside = { name: 'pool1/csi/snap/x', contents: '' };
  expect(await rig.failure('/file/add', inside)).toBe('failure: read-only file system');
  expect(await rig.failure('/file/remove', {}, { unnamed: ['pool1/csi/snap/volume.img'] })).toContain(
    'read-only',
  );
});

test('a writable subvolume of a snapshot is a volume of its own, which lives on without either', async () => {
  const rig = await withVolume({ assumptions: { existingImage: 'adopted', subvolumeSpace: 'at-once' } });
  await snapshot(rig);
  await rig.run(`${MENU}/add`, { fs: 'pool1', name: 'csi/clone', parent: 'snap' });
  await rig.addDisk('csi-clone', { 'file-path': 'pool1/csi/clone/volume.img', 'file-size': '32M' });
  expect(generation(rig, 'pool1/csi/clone/volume.img')).toBe(5);
  await rig.run('/disk/remove', {}, { unnamed: ['csi-vol'] });
  for (const name of ['vol', 'snap']) {
    const [id] = await rig.find(MENU, { name });
    await rig.run(`${MENU}/remove`, {}, { unnamed: [new ScriptId(id ?? '')] });
  }
  expect(rig.appliance.subvolumes().map(({ fullname, source }) => [fullname, source])).toEqual([
    ['<FS_ROOT>', undefined],
    ['csi/clone', undefined],
  ]);
  expect(rig.appliance.pool('pool1').free).toBe((1n << 40n) - 32n * MiB);
});

test('a subvolume with an image in use is busy, or goes and the disk is left without it, by assumption', async () => {
  const rig = await withVolume();
  const remove = async (target: MenuRig) => {
    const [id] = await target.find(MENU, { name: 'vol' });
    return target.failure(`${MENU}/remove`, {}, { unnamed: [new ScriptId(id ?? '')] });
  };
  expect(await remove(rig)).toBe('failure: device is busy');
  const kind = await withVolume({ assumptions: { removeUsedSubvolume: 'done' } });
  expect(await remove(kind)).toBe('no failure');
  expect(kind.appliance.disk('csi-vol')?.hasImage).toBe(false);
  expect(kind.appliance.exports()).toEqual([]);
});

test("a removed subvolume's space comes back later, by assumption", async () => {
  const rig = new MenuRig();
  await rig.run(`${MENU}/add`, { fs: 'pool1', name: 'vol' });
  rig.appliance.plantFile('pool1/vol/a.img', MiB);
  const [id] = await rig.find(MENU, { name: 'vol' });
  await rig.run(`${MENU}/remove`, {}, { unnamed: [new ScriptId(id ?? '')] });
  expect(rig.appliance.pool('pool1').free).toBe((1n << 40n) - MiB);
  rig.clock.advance(2_000);
  expect(rig.appliance.pool('pool1').free).toBe(1n << 40n);
});

test('a subvolume inside of another keeps it; in a snapshot it is an empty folder', async () => {
  const rig = new MenuRig();
  await rig.run(`${MENU}/add`, { fs: 'pool1', name: 'outer' });
  await rig.run(`${MENU}/add`, { fs: 'pool1', name: 'outer/inner' });
  rig.appliance.plantFile('pool1/outer/inner/a', 1n);
  await rig.run(`${MENU}/add`, { fs: 'pool1', name: 'snap', parent: 'outer' });
  expect(rig.appliance.files().map(({ name, kind }) => `${name} ${kind}`)).toContain(
    'pool1/snap/inner directory',
  );
  expect(rig.appliance.files().map(({ name }) => name)).not.toContain('pool1/snap/inner/a');
  expect((await rig.rows(MENU, { name: 'inner' }))[0]).toMatchObject({ 'top-level': 'outer' });
  const [outer] = await rig.find(MENU, { name: 'outer' });
  const at = { unnamed: [new ScriptId(outer ?? '')] };
  expect(await rig.failure(`${MENU}/remove`, {}, at)).toBe('failure: directory not empty');
  expect(await rig.failure('/file/remove', {}, { unnamed: ['pool1/outer'] })).toBe(
    'failure: directory not empty',
  );
});

test('the file system is named by its label, the parent by id, name or full name', async () => {
  const rig = await withVolume();
  const add = (fields: Record<string, string>) => rig.failure(`${MENU}/add`, { fs: 'pool1', ...fields });
  expect(await add({ fs: 'nope', name: 'a' })).toBe('input does not match any value of fs');
  expect(await add({ name: 'a', parent: 'nope' })).toBe('input does not match any value of parent');
  expect(await add({ name: 'csi/vol' })).toBe('failure: file already exists');
  expect(await add({ name: 'nowhere/a' })).toBe('failure: no such file or directory');
  expect(await add({ name: 'vol', parent: '*2' })).toBe('no failure');
  expect(await add({ name: 'b', parent: 'vol' })).toBe('no failure');
  await rig.run('/file/add', { name: 'pool1/other', type: 'directory' });
  await rig.run(`${MENU}/add`, { fs: 'pool1', name: 'other/b' });
  expect(await add({ name: 'c', parent: 'b' })).toBe('no failure');
  const named = new MenuRig({ assumptions: { subvolumeParent: 'name' } });
  for (const name of ['x', 'x/same', 'same']) await named.run(`${MENU}/add`, { fs: 'pool1', name });
  expect(await named.failure(`${MENU}/add`, { fs: 'pool1', name: 'c', parent: 'x/same' })).toContain('input');
  expect(await named.failure(`${MENU}/add`, { fs: 'pool1', name: 'c', parent: 'same' })).toBe(
    'ambiguous value',
  );
});

test('settings are changed; the root can not go; other file systems have no subvolumes', async () => {
  const rig = await withVolume();
  await snapshot(rig);
  const [id, root] = [
    ...(await rig.find(MENU, { name: 'snap' })),
    ...(await rig.find(MENU, { default: true })),
  ];
  await rig.run(
    `${MENU}/set`,
    { 'read-only': 'no', name: 'csi/other' },
    { unnamed: [new ScriptId(id ?? '')] },
  );
  expect((await rig.rows(MENU, { name: 'other' }))[0]).toMatchObject({ 'read-only': false, snapshot: true });
  expect(await rig.failure(`${MENU}/remove`, {}, { unnamed: [new ScriptId(root ?? '')] })).toContain('root');
  const xfs = new MenuRig({ pools: [{ slot: 'pool1', fs: 'xfs', bytes: 1n << 40n, label: 'pool1' }] });
  expect(await xfs.rows(MENU)).toEqual([]);
  expect(await xfs.failure(`${MENU}/add`, { fs: 'pool1', name: 'a' })).toContain('value of fs');
});

test('the file system of a pool is looked at by its label', async () => {
  const [row] = await new MenuRig().rows('/disk/btrfs/filesystem', { label: 'pool1' });
  expect(row).toMatchObject({ 'total-devs': 1n, 'default-subvolume': '<FS_ROOT>' });
});
