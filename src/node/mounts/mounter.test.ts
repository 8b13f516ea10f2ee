import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeDeviceFiles } from '../../../test/support/node/fake-device-files.ts';
import { FakeMounts, failing } from '../../../test/support/node/fake-mounts.ts';
import { RecordingLogger } from '../../../test/support/recording-logger.ts';
import { type CallContext, detachedContext } from '../../core/call-context.ts';
import { NodeError } from '../node-error.ts';
import { MountTable } from './mount-table.ts';
import { Mounter } from './mounter.ts';

let folder: string;
let kernel: FakeMounts;
let files: FakeDeviceFiles;
let mounter: Mounter;
let context: CallContext;
let target: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rose-csi-mounter-')));
  kernel = new FakeMounts(join(folder, 'proc'));
  files = new FakeDeviceFiles();
  files.addBlock('/dev/loop3', '7:3');
  kernel.deviceNumbers.set('/dev/loop3', '7:3');
  target = join(folder, 'target');
  mounter = new Mounter(kernel, new MountTable(join(folder, 'proc')), files);
  context = detachedContext(AbortSignal.timeout(10_000), new RecordingLogger());
});
afterEach(() => rmSync(folder, { recursive: true }));

const isRemount = (argv: readonly string[]) => argv.some((word) => word.startsWith('remount'));

describe('mounting a file system', () => {
  const mount = (options: readonly string[] = []) =>
    mounter.mountFilesystem({ device: '/dev/loop3', target, fsType: 'ext4', options }, context);

  test('runs mount once, with type and options', async () => {
    await mount(['noatime', 'discard']);
    expect(kernel.commands).toEqual([
      [
        ...['mount', '--no-mtab', '--internal-only', '--types', 'ext4'],
        ...['--options', 'noatime,discard', '/dev/loop3', target],
      ],
    ]);
    expect(kernel.mounts).toMatchObject([{ mountPoint: target, fsType: 'ext4', device: '7:3' }]);
  });

  test('takes the source for proof where a file system has an anonymous number, as btrfs', async () => {
    kernel.deviceNumbers.set('/dev/loop3', '0:45');
    await mount();
    expect(kernel.mounts).toMatchObject([{ device: '0:45', source: '/dev/loop3' }]);
  });

  test('never stacks', async () => {
    await mount();
    await expect(mount()).rejects.toMatchObject({ kind: 'in-use', message: expect.stringContaining(target) });
    expect(kernel.mounts).toHaveLength(1);
  });

  test.each([
    ['mount: /t: /dev/loop3 already mounted or mount point busy.', 'in-use'],
    ['mount: /t: special device /dev/loop3 does not exist.', 'not-found'],
    ['mount: /t: mount point does not exist.', 'not-found'],
    ['mount: /t: must be superuser to use mount.', 'permission'],
    ['mount: /t: wrong fs type, bad option, bad superblock on /dev/loop3.', 'precondition'],
  ])('gives what mount says a kind: %s', async (stderr, kind) => {
    kernel.intercept = () => failing(32, stderr);
    await expect(mount()).rejects.toMatchObject({ kind, message: expect.stringContaining(stderr) });
  });

  test('does not believe a success that the table does not show', async () => {
    kernel.intercept = () => failing(0, '');
    await expect(mount()).rejects.toMatchObject({ kind: 'protocol' });
  });

  test.each([
    { fsType: 'ext4', device: '7:4', source: '/dev/loop3' },
    { fsType: 'ext4', device: '0:45', source: '/dev/loop4' },
    { fsType: 'ext4', device: '0:45', source: 'gone' },
    { fsType: 'ext3', device: '7:3', source: '/dev/loop3' },
  ])('takes away what is something else than asked for: $fsType on $device of $source', async (wrong) => {
    files.addBlock('/dev/loop4', '7:4');
    kernel.intercept = (argv) => {
      if (argv[0] === 'umount') return undefined;
      kernel.add({ mountPoint: target, ...wrong });
      return failing(0, '');
    };
    await expect(mount()).rejects.toMatchObject({ kind: 'protocol' });
    expect(kernel.mounts).toEqual([]);
  });
});

describe('binding', () => {
  let source: string;
  beforeEach(() => {
    source = join(folder, 'source');
    for (const path of [source, target]) {
      files.known.set(path, { kind: 'other', inode: '7:3:2', number: '0:0' });
    }
  });
  const bind = (readonly: boolean, options: readonly string[] = []) =>
    mounter.bind({ source, target, readonly, options }, context);

  test('takes one step where nothing but the bind is asked for', async () => {
    await bind(false, ['data=ordered']);
    expect(kernel.commands).toHaveLength(1);
    expect(kernel.mounts).toMatchObject([{ mountPoint: target, options: ['rw', 'relatime'] }]);
  });

  test('sets read-only and flags in a second step', async () => {
    await bind(true, ['noexec']);
    expect(kernel.commands).toHaveLength(2);
    expect(kernel.mounts).toMatchObject([{ mountPoint: target, options: ['ro', 'relatime', 'noexec'] }]);
  });

  test('never stacks', async () => {
    await bind(false);
    await expect(bind(false)).rejects.toMatchObject({ kind: 'in-use' });
    expect(kernel.mounts).toHaveLength(1);
  });

  test.each([
    ['fails', failing(32, 'mount: permission denied'), 'permission'],
    ['has no effect', failing(0, ''), 'protocol'],
  ])('leaves nothing where the second step %s', async (_, result, kind) => {
    kernel.intercept = (argv) => (isRemount(argv) ? result : undefined);
    await expect(bind(true)).rejects.toMatchObject({ kind });
    expect(kernel.mounts).toEqual([]);
  });

  test('leaves nothing where the caller gives up before the second step', async () => {
    const cancel = new AbortController();
    kernel.intercept = (argv) => {
      if (!isRemount(argv)) return undefined;
      cancel.abort();
      throw new NodeError('timeout', 'mount was cancelled', { uncertain: true });
    };
    const binding = mounter.bind(
      { source, target, readonly: true, options: [] },
      { ...context, signal: cancel.signal },
    );
    await expect(binding).rejects.toMatchObject({ kind: 'timeout' });
    expect(kernel.mounts).toEqual([]);
  });

  test('leaves nothing where the target shows something else', async () => {
    files.known.set(target, { kind: 'other', inode: '7:4:2', number: '0:0' });
    await expect(bind(false)).rejects.toMatchObject({ kind: 'protocol' });
    expect(kernel.mounts).toEqual([]);
  });

  test('says so where what it made cannot be taken away', async () => {
    kernel.intercept = (argv) => {
      if (argv[0] === 'umount') return failing(32, 'umount: target is busy.');
      return isRemount(argv) ? failing(32, 'mount: permission denied') : undefined;
    };
    await expect(bind(true)).rejects.toMatchObject({
      kind: 'protocol',
      uncertain: true,
      message: expect.stringMatching(/permission denied.*could not be taken away.*busy/),
    });
    expect(kernel.mounts).toHaveLength(1);
  });

  test('fails where the source does not exist', async () => {
    kernel.intercept = () => failing(32, 'mount: special device /source does not exist.');
    await expect(bind(false)).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('unmounting', () => {
  const unmount = () => mounter.unmount(target, context);

  test('does nothing where nothing is mounted', async () => {
    await unmount();
    await mounter.unmount(join(folder, 'absent', 'target'), context);
    expect(kernel.commands).toEqual([]);
  });

  test('removes every layer, without lazy or force', async () => {
    for (let layer = 0; layer < 5; layer++) kernel.add({ mountPoint: target });
    const other = kernel.add({ mountPoint: `${target}2` });
    await unmount();
    expect(kernel.mounts).toEqual([other]);
    const command = ['umount', '--no-mtab', '--internal-only', '--no-canonicalize', target];
    expect(kernel.commands).toEqual(Array.from({ length: 5 }, () => command));
  });

  test('believes the table, not the exit code', async () => {
    kernel.add({ mountPoint: target });
    kernel.intercept = () => failing(0, '');
    await expect(unmount()).rejects.toMatchObject({ kind: 'protocol' });
  });

  test('a busy mount is in use, and the message names the target', async () => {
    kernel.add({ mountPoint: target });
    kernel.intercept = () => failing(32, `umount: ${target}: target is busy.`);
    await expect(unmount()).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining(target),
    });
    expect(kernel.commands).toHaveLength(1);
  });

  test('gives up on a path with more layers than can be right', async () => {
    for (let layer = 0; layer < 101; layer++) kernel.add({ mountPoint: target });
    await expect(unmount()).rejects.toMatchObject({ kind: 'precondition' });
  });
});
