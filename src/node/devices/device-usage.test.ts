import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeDeviceFiles } from '../../../test/support/node/fake-device-files.ts';
import { FakeLoops } from '../../../test/support/node/fake-loops.ts';
import { type MountSketch, printMountInfo } from '../../../test/support/node/mount-info-text.ts';
import { detachedContext } from '../../core/call-context.ts';
import { MountTable } from '../mounts/mount-table.ts';
import { BlockDevices } from './block-devices.ts';
import { DeviceUsage } from './device-usage.ts';

let folder: string;
let files: FakeDeviceFiles;
let kernel: FakeLoops;
let usage: DeviceUsage;
let device: { path: string; number: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-usage-'));
  const roots = { sys: join(folder, 'sys'), dev: join(folder, 'dev') };
  files = new FakeDeviceFiles();
  kernel = new FakeLoops(roots, files);
  mkdirSync(join(folder, 'proc'));
  usage = new DeviceUsage(new MountTable(join(folder, 'proc')), new BlockDevices(roots, kernel, files));
  device = { path: kernel.path('loop3'), number: '7:3' };
});
afterEach(() => rmSync(folder, { recursive: true }));

let lastId = 0;
/** A process with a mount namespace of its own. */
function addNamespace(pid: number, ...mounts: MountSketch[]): void {
  const own = join(folder, 'proc', String(pid));
  mkdirSync(join(own, 'ns'), { recursive: true });
  symlinkSync(`mnt:[${pid}]`, join(own, 'ns', 'mnt'));
  symlinkSync('/', join(own, 'root'));
  const whole = mounts.map((sketch) => {
    lastId += 1;
    const plain = { id: lastId, parentId: 1, root: '/', options: ['rw'], superOptions: ['rw'] };
    return { ...plain, device: '0:99', fsType: 'ext4', source: 'none', ...sketch };
  });
  writeFileSync(join(own, 'mountinfo'), printMountInfo(whole));
}

const context = () => detachedContext(AbortSignal.timeout(10_000));

describe('the users of a device', () => {
  test('are nobody where only others are used', async () => {
    addNamespace(
      1,
      { mountPoint: '/a', device: '7:33' },
      { mountPoint: '/dev', device: '0:6', fsType: 'devtmpfs', source: 'devtmpfs' },
      { mountPoint: '/b', device: '0:6', fsType: 'devtmpfs', root: '/loop33' },
      { mountPoint: '/c', device: '0:45', fsType: 'btrfs', source: '/dev/loop33' },
      { mountPoint: '/d', device: '7:4', fsType: 'ext4', root: '/loop3' },
    );
    expect(await usage.users(device)).toEqual([]);
    await usage.assertUnused(device, [], context());
  });

  test('are the mounts in all namespaces, each mount point with its first process', async () => {
    addNamespace(1, { mountPoint: '/a', device: '7:3' });
    addNamespace(70, { mountPoint: '/a', device: '7:3' }, { mountPoint: '/b c', device: '7:3' });
    expect(await usage.users(device)).toEqual(['mounted at /a (pid 1)', 'mounted at /b c (pid 70)']);
  });

  test('are mounts of btrfs, whose number is anonymous', async () => {
    addNamespace(1, { mountPoint: '/a', device: '0:45', fsType: 'btrfs', source: device.path });
    expect(await usage.users(device)).toEqual(['mounted at /a (pid 1)']);
  });

  test('are bind mounts of the device node, also of one that was removed since', async () => {
    addNamespace(
      7,
      { mountPoint: '/a', fsType: 'devtmpfs', root: '/loop3' },
      { mountPoint: '/b', fsType: 'tmpfs', root: '/dev/loop3' },
      { mountPoint: '/c', fsType: 'devtmpfs', root: '/loop3//deleted' },
    );
    expect(await usage.users(device)).toEqual([
      'device file bound at /a (pid 7)',
      'device file bound at /b (pid 7)',
      'device file bound at /c (pid 7)',
    ]);
  });

  test('are found under the name of the kernel too', async () => {
    files.addBlock('/dev/mapper/volume', '7:3');
    addNamespace(7, { mountPoint: '/a', fsType: 'devtmpfs', root: '/loop3' });
    expect(await usage.users({ path: '/dev/mapper/volume', number: '7:3' })).toHaveLength(1);
  });

  test('are the devices that stand on it', async () => {
    mkdirSync(join(folder, 'sys', 'block', 'loop3', 'holders', 'dm-0'));
    expect(await usage.users(device)).toEqual(['held by dm-0']);
  });

  test('are whoever opened it exclusively, unless that is explained', async () => {
    files.held.add(device.path);
    expect(await usage.users(device)).toEqual(['opened exclusively by another process']);
    addNamespace(1, { mountPoint: '/a', device: '7:3' });
    expect(await usage.users(device)).toEqual(['mounted at /a (pid 1)']);
  });

  test('are unknown, never none, where something cannot be read', async () => {
    await expect(usage.users({ path: '/absent', number: '7:3' })).rejects.toMatchObject({
      kind: 'not-found',
    });
    rmSync(join(folder, 'proc'), { recursive: true });
    await expect(usage.users(device)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('asserting that a device is unused', () => {
  test('names all users', async () => {
    addNamespace(7, { mountPoint: '/a', device: '7:3' }, { mountPoint: '/b', device: '7:3' });
    await expect(usage.assertUnused(device, ['/a'], context())).rejects.toMatchObject({
      kind: 'in-use',
      message: `${device.path} is in use: mounted at /b (pid 7); stop that first`,
    });
  });

  test('leaves out what is ours, in every namespace that shows it', async () => {
    files.held.add(device.path);
    addNamespace(7, { mountPoint: '/a', device: '7:3' });
    addNamespace(8, { mountPoint: '/a', device: '7:3' });
    await usage.assertUnused(device, ['/a'], context());
  });

  test('is not fooled by a device file of ours: an exclusive open is still somebody else’s', async () => {
    files.held.add(device.path);
    addNamespace(7, { mountPoint: '/a', fsType: 'devtmpfs', root: '/loop3' });
    await expect(usage.assertUnused(device, ['/a'], context())).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining('opened exclusively'),
    });
  });

  test('ends with the caller', async () => {
    const gone = detachedContext(AbortSignal.abort(new Error('the caller is gone')));
    await expect(usage.assertUnused(device, [], gone)).rejects.toThrow('the caller is gone');
  });
});
