import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MenuRig } from '../menus/menu-rig.ts';
import { decodeState, encodeState, StateFolder } from './state-folder.ts';

const SUBVOLUME = '/disk/btrfs/subvolume';

async function used(): Promise<MenuRig> {
  const rig = new MenuRig();
  await rig.run('/file/add', { name: 'pool1/csi', type: 'directory' });
  await rig.run('/file/add', { name: 'note.txt', contents: 'on the flash' });
  await rig.run(`${SUBVOLUME}/add`, { fs: 'pool1', name: 'csi/vol' });
  await rig.addDisk('csi-a', {
    'file-path': 'pool1/csi/vol/a.img',
    comment: 'record',
    'nvme-tcp-export': true,
  });
  await rig.addDisk('csi-b', {});
  await rig.run(`${SUBVOLUME}/add`, { fs: 'pool1', name: 'csi/snap', parent: 'vol', 'read-only': true });
  await rig.run('/disk/remove', {}, { unnamed: ['csi-b'] });
  await rig.run('/system/identity/set', { name: 'rds' });
  await rig.run('/ip/service/set', { 'max-sessions': '5' }, { unnamed: ['ssh'] });
  await rig.run('/disk/set', { comment: 'the pool', compress: true }, { unnamed: ['pool1'] });
  rig.appliance.jumpClock(60_000);
  return rig;
}

const again = (rig: MenuRig) => new MenuRig({}, decodeState(encodeState(rig.appliance.state())));

test('what is saved is loaded: disks, files, subvolumes, ids, settings, and the space they take', async () => {
  const rig = await used();
  const loaded = again(rig);
  const look = ({ appliance }: MenuRig) => ({
    disks: appliance.disks(),
    files: appliance.files(),
    subvolumes: appliance.subvolumes(),
    pool: appliance.pool('pool1'),
    identity: appliance.identity,
    sessions: appliance.services.sshMaxSessions,
  });
  expect(look(loaded)).toEqual(look(rig));
  expect(await loaded.rows(SUBVOLUME)).toEqual(await rig.rows(SUBVOLUME));
  expect(await loaded.rows('/disk')).toEqual(await rig.rows('/disk'));
  expect(loaded.appliance.clock.now()).toBe(rig.appliance.clock.now());
  expect(again(loaded).appliance.state()).toEqual(rig.appliance.state());
});

test('an id that was used is not used again after a restart', async () => {
  const loaded = again(await used());
  await loaded.addDisk('csi-c');
  expect(await loaded.find('/disk', { slot: 'csi-c' })).toEqual(['*4']);
});

test('a snapshot shares its space after a restart too', async () => {
  const loaded = again(await used());
  const free = loaded.appliance.pool('pool1').free;
  await loaded.run('/disk/remove', {}, { unnamed: ['csi-a'] });
  await loaded.run('/file/remove', {}, { unnamed: ['pool1/csi/vol/a.img'] });
  expect(loaded.appliance.pool('pool1').free).toBe(free);
});

test('exports come back after a restart as after a reboot', async () => {
  const loaded = again(await used());
  expect(loaded.appliance.exports()).toEqual([]);
  loaded.clock.advance(500);
  expect(loaded.appliance.exports()).toHaveLength(1);
});

test('an offline pool is still offline, and comes back with its files', async () => {
  const rig = await used();
  rig.appliance.setPoolOnline('pool1', false);
  const loaded = again(rig);
  expect(loaded.appliance.disk('csi-a')?.hasImage).toBe(false);
  loaded.appliance.setPoolOnline('pool1', true);
  expect(loaded.appliance.disk('csi-a')?.hasImage).toBe(true);
});

test('a folder keeps the state, and has none at first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'appliance-'));
  try {
    const store = new StateFolder(join(folder, 'state'));
    expect(await store.load()).toBeUndefined();
    const state = (await used()).appliance.state();
    await store.save(state);
    await store.save(state);
    expect(await store.load()).toEqual(decodeState(encodeState(state)));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a state of another format, or of other pools, is refused', async () => {
  const state = (await used()).appliance.state();
  expect(() => decodeState(encodeState({ ...state, format: 2 as never }))).toThrow('format 2');
  const other = { pools: [{ slot: 'other', fs: 'xfs', bytes: 1n } as const] };
  expect(() => new MenuRig(other, state)).toThrow('pool pool1');
});
