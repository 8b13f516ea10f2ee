import { expect, test } from 'bun:test';
import { MenuRig } from '../menus/menu-rig.ts';
import type { DiskStore } from './ports.ts';

/** Writes down what it is told. */
function recording(): { readonly store: DiskStore; readonly told: string[] } {
  const told: string[] = [];
  const tell =
    (what: string) =>
    (...args: readonly unknown[]) => {
      told.push([what, ...args.filter((arg) => arg !== undefined)].join(' '));
    };
  const store = {
    create: tell('create'),
    write: tell('write'),
    resize: tell('resize'),
    clone: tell('clone'),
    move: tell('move'),
    remove: tell('remove'),
  };
  return { store, told };
}

test('the store is told of every file: made, written, grown, cloned by a snapshot, moved, removed', async () => {
  const { store, told } = recording();
  const rig = new MenuRig({ store, assumptions: { removeUsedFile: 'done' } });
  await rig.run('/disk/btrfs/subvolume/add', { fs: 'pool1', name: 'vol' });
  await rig.addDisk('csi-a', { 'file-path': 'pool1/vol/a.img', 'file-size': 1_000n });
  await rig.run('/disk/set', { 'file-size': 2_000n }, { unnamed: ['csi-a'] });
  await rig.run('/file/add', { name: 'pool1/r', contents: '{}' });
  await rig.run('/file/set', { contents: 'one' }, { unnamed: ['pool1/r'] });
  await rig.run('/disk/btrfs/subvolume/add', { fs: 'pool1', name: 'snap', parent: 'vol' });
  await rig.run('/file/set', { name: 'pool1/s' }, { unnamed: ['pool1/r'] });
  await rig.run('/disk/remove', {}, { unnamed: ['csi-a'] });
  await rig.run('/file/remove', {}, { unnamed: ['pool1/vol/a.img'] });
  expect(told).toEqual([
    'create pool1/vol/a.img 1000',
    'resize pool1/vol/a.img 2000',
    'create pool1/r 2 {}',
    'write pool1/r one',
    'clone pool1/vol/a.img pool1/snap/a.img',
    'move pool1/r pool1/s',
    'remove pool1/vol/a.img',
  ]);
});

test('a store with subvolumes has a snapshot made, changed and removed as a whole', async () => {
  const { store, told } = recording();
  const tell =
    (what: string) =>
    (...args: readonly unknown[]) => {
      told.push([what, ...args.map(String)].join(' '));
    };
  const subvolumes = { add: tell('add'), setReadOnly: tell('set'), remove: tell('delete') };
  const rig = new MenuRig({ store: { ...store, subvolumes }, assumptions: { removeUsedFile: 'done' } });
  await rig.run('/disk/btrfs/subvolume/add', { fs: 'pool1', name: 'vol' });
  await rig.addDisk('csi-a', { 'file-path': 'pool1/vol/a.img', 'file-size': 1_000n });
  const snapshot = { fs: 'pool1', name: 'snap', parent: 'vol', 'read-only': true };
  await rig.run('/disk/btrfs/subvolume/add', snapshot);
  const found = [...rig.appliance.subvolumeTable.items()].find(({ folder }) => folder.name === 'snap');
  const id = found?.subvolume.id ?? '';
  await rig.run('/disk/btrfs/subvolume/set', { 'read-only': false }, { unnamed: [id] });
  await rig.run('/disk/btrfs/subvolume/remove', {}, { unnamed: [id] });
  expect(told).toEqual([
    'add pool1/vol false undefined',
    'create pool1/vol/a.img 1000',
    'add pool1/snap true pool1/vol',
    'set pool1/snap false',
    'delete pool1/snap',
    'remove pool1/snap/a.img',
    'remove pool1/snap',
  ]);
});

test('nothing is told of what was refused', async () => {
  const { store, told } = recording();
  const rig = new MenuRig({ store });
  await rig.failure('/disk/add', { type: 'file', slot: 'a', 'file-path': 'pool1/a', 'file-size': '9T' });
  await rig.failure('/file/add', { name: 'pool1/x/y', contents: 'z' });
  expect(told).toEqual([]);
});
