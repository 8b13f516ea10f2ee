import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeDeviceFiles } from '../../../test/support/node/fake-device-files.ts';
import { FakeLoops } from '../../../test/support/node/fake-loops.ts';
import { failing } from '../../../test/support/node/fake-mounts.ts';
import { detachedContext } from '../../core/call-context.ts';
import { BlockDevices } from './block-devices.ts';

let folder: string;
let roots: { sys: string; dev: string };
let files: FakeDeviceFiles;
let kernel: FakeLoops;
let devices: BlockDevices;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-devices-'));
  roots = { sys: join(folder, 'sys'), dev: join(folder, 'dev') };
  mkdirSync(roots.dev);
  files = new FakeDeviceFiles();
  kernel = new FakeLoops(roots, files);
  kernel.set('loop3', 'size', '16384');
  devices = new BlockDevices(roots, kernel, files);
});
afterEach(() => rmSync(folder, { recursive: true }));
const context = () => detachedContext(AbortSignal.timeout(10_000));

describe('a block device', () => {
  test('is known by its number and by its node; its size counts 512 bytes a sector', async () => {
    const device = { path: kernel.path('loop3'), number: '7:3', sizeBytes: 8n << 20n, readonly: false };
    expect(await devices.byNumber('7:3')).toEqual(device);
    expect(await devices.describe(kernel.path('loop3'))).toEqual(device);
  });

  test('keeps the path that was asked for, wherever the node stands', async () => {
    files.addBlock('/somewhere/publish', '7:3');
    expect(await devices.describe('/somewhere/publish')).toMatchObject({
      path: '/somewhere/publish',
      number: '7:3',
    });
  });

  test('with a slash in its name has a node in a folder', async () => {
    mkdirSync(join(roots.sys, 'block', 'cciss!c0d0'));
    kernel.set('cciss!c0d0', 'size', '8');
    kernel.set('cciss!c0d0', 'ro', '1');
    symlinkSync('../../block/cciss!c0d0', join(roots.sys, 'dev', 'block', '104:0'));
    expect(await devices.byNumber('104:0')).toEqual({
      path: join(roots.dev, 'cciss/c0d0'),
      number: '104:0',
      sizeBytes: 4096n,
      readonly: true,
    });
  });

  test('does not exist where the kernel has none of that number', async () => {
    expect(await devices.byNumber('7:99')).toBeUndefined();
    files.addBlock('/stale', '7:99');
    await expect(devices.describe('/stale')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(devices.describe('/absent')).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('is no other kind of file', async () => {
    files.known.set('/file', { kind: 'regular', inode: '1:2:3', number: '0:0' });
    await expect(devices.describe('/file')).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('is refused where a node bears the name of another, unless it is a symlink', async () => {
    files.addBlock(kernel.path('loop4'), '7:3');
    await expect(devices.describe(kernel.path('loop4'))).rejects.toMatchObject({ kind: 'precondition' });
    symlinkSync('loop3', kernel.path('alias'));
    files.addBlock(kernel.path('alias'), '7:3');
    expect(await devices.describe(kernel.path('alias'))).toMatchObject({ number: '7:3' });
  });

  test('is not understood where sysfs says something odd', async () => {
    kernel.set('loop3', 'size', '-1');
    await expect(devices.byNumber('7:3')).rejects.toMatchObject({ kind: 'protocol' });
    await expect(devices.holders('../etc')).rejects.toMatchObject({ kind: 'invalid' });
  });
});

describe('making a device read-only', () => {
  test('takes effect, both ways', async () => {
    await devices.setReadonly(kernel.path('loop3'), true, context());
    expect(await devices.byNumber('7:3')).toMatchObject({ readonly: true });
    await devices.setReadonly(kernel.path('loop3'), false, context());
    expect(await devices.byNumber('7:3')).toMatchObject({ readonly: false });
    expect(kernel.commands.map((argv) => argv.slice(0, 2))).toEqual([
      ['blockdev', '--setro'],
      ['blockdev', '--setrw'],
    ]);
  });

  test('is not believed before sysfs shows it', async () => {
    kernel.intercept = () => failing(0, '');
    const setting = devices.setReadonly(kernel.path('loop3'), true, context());
    await expect(setting).rejects.toMatchObject({ kind: 'protocol' });
  });
});

describe('the holders of a device', () => {
  const hold = (name: string, part: string, holder: string) => {
    mkdirSync(join(roots.sys, 'block', name, part, 'holders', holder), { recursive: true });
  };

  test('are those of the device and of its partitions, each once', async () => {
    hold('loop3', '.', 'dm-1');
    hold('loop3', 'loop3p1', 'dm-0');
    hold('loop3', 'loop3p2', 'dm-1');
    hold('loop3', 'queue', 'nothing');
    for (const part of ['loop3p1', 'loop3p2']) kernel.set('loop3', `${part}/partition`, '1');
    expect(await devices.holders('7:3')).toEqual(['dm-0', 'dm-1']);
  });

  test('are none where the device has none, or does not exist', async () => {
    expect(await devices.holders('7:3')).toEqual([]);
    expect(await devices.holders('7:99')).toEqual([]);
  });

  test('are unknown where they cannot be read', async () => {
    rmSync(join(roots.sys, 'dev', 'block', '7:3'));
    symlinkSync('7:3', join(roots.sys, 'dev', 'block', '7:3'));
    await expect(devices.holders('7:3')).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

test('an exclusive hold is asked of the node', async () => {
  expect(await devices.isHeldExclusively(kernel.path('loop3'))).toBe(false);
  files.held.add(kernel.path('loop3'));
  expect(await devices.isHeldExclusively(kernel.path('loop3'))).toBe(true);
});
