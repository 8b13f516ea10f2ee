import { afterAll, describe, expect, test } from 'bun:test';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { blockCapability, MiB, mountCapability } from '../support/node/node-requests.ts';
import { Host } from './support/host.ts';
import { neighbour } from './support/namespace.ts';
import { requirePrograms } from './support/requirements.ts';
import { sh } from './support/shell.ts';
import { mountsAt, NodeRig } from './support/volumes.ts';

requirePrograms({ 'mkfs.ext4': 'e2fsprogs', 'mkfs.btrfs': 'btrfs-progs' });
const host = new Host();
afterAll(() => host.close());
const rig = new NodeRig(host);
const SIZE = 64n * MiB;

describe('staging', () => {
  test('ten times mounts and attaches once', async () => {
    const volume = rig.newVolume(SIZE);
    for (let round = 0; round < 10; round++) await volume.stage();
    expect(await mountsAt(volume.staging)).toHaveLength(1);
    expect(host.loops()).toHaveLength(1);
    await volume.unstage();
    await volume.unstage();
    expect(host.loops()).toEqual([]);
  });

  test('raw block attaches, and mounts nothing', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage(blockCapability());
    expect(await mountsAt(volume.staging)).toEqual([]);
    expect(host.loops()).toHaveLength(1);
    await volume.unstage();
    expect(host.loops()).toEqual([]);
  });

  test('detaches an older epoch that nobody uses', async () => {
    const volume = rig.newVolume(SIZE);
    const { nqn } = volume.target;
    await volume.stage(blockCapability());
    volume.publishAnew();
    await volume.stage(blockCapability());
    const device = await volume.device();
    expect(device.nqn).toBe(volume.target.nqn);
    expect(device.nqn).not.toBe(nqn);
    await volume.unstage();
  });

  test('is refused while an older epoch is mounted, and leaves its data alone', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage();
    writeFileSync(join(volume.staging, 'data'), 'of the older epoch');
    volume.publishAnew();
    await expect(volume.stage()).rejects.toMatchObject({ kind: 'in-use' });
    expect(readFileSync(join(volume.staging, 'data'), 'utf8')).toBe('of the older epoch');
    await volume.unstage();
    expect(host.loops()).toEqual([]);
    await volume.stage();
    expect(readFileSync(join(volume.staging, 'data'), 'utf8')).toBe('of the older epoch');
    await volume.unstage();
  });

  test('refuses a staging path on which another volume is mounted', async () => {
    const [volume, other] = [rig.newVolume(SIZE), rig.newVolume(SIZE)];
    await other.stage();
    Object.assign(volume, { staging: other.staging });
    await expect(volume.stage()).rejects.toMatchObject({ kind: 'precondition' });
    await expect(volume.unstage()).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining(other.id),
    });
    expect(await mountsAt(other.staging)).toHaveLength(1);
    await other.unstage();
    await volume.unstage();
  });
});

describe('unstaging', () => {
  test('is refused while a process holds a file open, and succeeds later with all data', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage();
    const file = openSync(join(volume.staging, 'data'), 'w');
    writeSync(file, 'first ');
    await expect(volume.unstage()).rejects.toMatchObject({ kind: 'in-use' });
    expect(await mountsAt(volume.staging)).toHaveLength(1);
    writeSync(file, 'second');
    closeSync(file);
    await volume.unstage();
    expect(host.loops()).toEqual([]);
    await volume.stage();
    expect(readFileSync(join(volume.staging, 'data'), 'utf8')).toBe('first second');
    await volume.unstage();
  });

  test.each(['ext4', 'btrfs'])(
    'is refused while a container still has the %s, seen by nobody else',
    async (fsType) => {
      const volume = rig.newVolume(320n * MiB);
      await volume.stage(mountCapability({ fsType }));
      const container = await neighbour(host, ':');
      await expect(volume.unstage()).rejects.toMatchObject({
        kind: 'in-use',
        message: expect.stringMatching(/mounted at|exclusively/),
      });
      expect(host.loops()).toHaveLength(1);
      await container.end();
      await volume.unstage();
      expect(host.loops()).toEqual([]);
    },
  );

  test('is refused while anything foreign is mounted below or above on its path', async () => {
    const volume = rig.newVolume(SIZE);
    sh('mount', '-t', 'tmpfs', 'tmpfs', volume.staging);
    await expect(volume.stage()).rejects.toMatchObject({ kind: 'precondition' });
    const { path } = await volume.device();
    sh('mkfs.ext4', '-q', path);
    sh('mount', path, volume.staging);
    await expect(volume.unstage()).rejects.toMatchObject({ kind: 'precondition' });
    expect(await mountsAt(volume.staging)).toHaveLength(2);
    sh('umount', volume.staging);
    sh('umount', volume.staging);
    await volume.unstage();
  });

  test('works by a path with a symlink in it', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage();
    const link = join(host.folder, host.unique('link'));
    sh('ln', '-s', host.folder, link);
    Object.assign(volume, { staging: join(link, basename(volume.staging)) });
    await volume.unstage();
    expect(host.mounts()).toEqual([]);
    expect(host.loops()).toEqual([]);
  });
});

describe('a file system that takes no writes', () => {
  test('because somebody remounted it is reported at stage, publish and in health', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage();
    expect(await volume.conditions()).toEqual([]);
    sh('mount', '-o', 'remount,ro', volume.staging);
    const refusal = { kind: 'precondition', message: expect.stringContaining('takes no writes') };
    await expect(volume.stage()).rejects.toMatchObject(refusal);
    const target = join(host.folder, host.unique('target'));
    await expect(volume.publish(target)).rejects.toMatchObject(refusal);
    expect(existsSync(target)).toBe(false);
    expect(await volume.conditions()).toEqual(['FilesystemReadOnly']);
    await volume.unstage();
  });

  test('because of an error in it is reported, and so is the error after the next stage', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage();
    const name = basename(realpathSync((await volume.device()).path));
    writeFileSync(`/sys/fs/ext4/${name}/trigger_fs_error`, 'a test');
    await expect(volume.publish(join(host.folder, host.unique('target')))).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('takes no writes'),
    });
    expect(await volume.conditions()).toContain('FilesystemReadOnly');
    await volume.unstage();
    await volume.stage();
    expect(await volume.conditions()).toEqual(['FilesystemErrors']);
    await volume.unstage();
  });

  test('because xfs has shut down is reported', async () => {
    requirePrograms({ xfs_io: 'xfsprogs', 'mkfs.xfs': 'xfsprogs' });
    const capability = mountCapability({ fsType: 'xfs' });
    const volume = rig.newVolume(320n * MiB);
    await volume.stage(capability);
    sh('xfs_io', '-x', '-c', 'shutdown', volume.staging);
    await expect(volume.publish(join(host.folder, host.unique('target')), capability)).rejects.toThrow('EIO');
    expect(await volume.conditions()).toEqual(['FilesystemNotReadable']);
    await volume.unstage();
  });
});

test('no intent to format is left behind', () => {
  const notes = readdirSync(host.folder)
    .filter((name) => name.startsWith('state-'))
    .flatMap((name) => readdirSync(join(host.folder, name)));
  expect(notes).toEqual([]);
});

test('a volume is unstaged where kubelet’s folder is bound from elsewhere, and its mounts show there, too', async () => {
  const disk = host.newFolder('disk');
  const kubelet = host.newFolder('kubelet');
  sh('mount', '--bind', disk, disk);
  sh('mount', '--make-shared', disk);
  mkdirSync(join(disk, 'kubelet', 'staging'), { recursive: true });
  sh('mount', '--bind', join(disk, 'kubelet'), kubelet);
  const volume = rig.newVolume(SIZE, join(kubelet, 'staging'));
  await volume.stage();
  const copy = join(disk, 'kubelet', 'staging');
  expect(await mountsAt(copy)).toHaveLength(1);
  await volume.unstage();
  expect(await mountsAt(copy)).toEqual([]);
  expect(host.loops()).toEqual([]);
  sh('umount', kubelet);
  sh('umount', disk);
});
