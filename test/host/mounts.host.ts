import { afterAll, describe, expect, test } from 'bun:test';
import { closeSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Host } from './support/host.ts';
import { neighbour } from './support/namespace.ts';
import { realNode, within } from './support/node.ts';
import { requirePrograms } from './support/requirements.ts';
import { sh } from './support/shell.ts';

requirePrograms({ 'mkfs.ext4': 'e2fsprogs', 'mkfs.xfs': 'xfsprogs', 'mkfs.btrfs': 'btrfs-progs' });
const host = new Host();
afterAll(() => host.close());

const { mounter, table } = realNode();
const MiB = 1 << 20;

describe('the mount table on a real kernel', () => {
  test('finds a mount behind a symlink, under a name with blanks and umlauts', async () => {
    const odd = host.newFolder('a b\tc\nd\\e ü');
    sh('mount', '-t', 'tmpfs', 'odd source', odd);
    const link = join(host.newFolder(), 'link');
    symlinkSync(host.folder, link);
    const found = await table.at(join(link, odd.slice(host.folder.length)));
    expect(found).toMatchObject([{ mountPoint: odd, fsType: 'tmpfs', source: 'odd source' }]);
    await mounter.unmount(odd, within(5_000));
    expect(await table.at(odd)).toEqual([]);
  });

  test('sees the mounts of other namespaces, with a process that lives there', async () => {
    const target = host.newFolder();
    const other = await neighbour(host, 'mount -t tmpfs hidden "$1"', target);
    expect(await table.at(target)).toEqual([]);
    const found = (await table.everywhere()).filter((mount) => mount.mountPoint === target);
    expect(found).toMatchObject([{ source: 'hidden', pid: other.pid }]);
    await other.end();
  });

  test('sees all of a namespace whose first process lives in a chroot', async () => {
    const jail = host.newFolder('jail');
    const outside = host.newFolder('outside');
    const pidFile = join(jail, 'pid');
    const script = [
      'mount -t tmpfs hidden "$2"',
      'for d in bin lib lib64 usr; do [ -e /$d ] || continue; mkdir "$1/$d"; mount --bind /$d "$1/$d"; done',
      'sleep 300 & echo $! >"$1/pid"',
      'exec chroot "$1" sh -c "echo ready; exec cat"',
    ];
    const other = await neighbour(host, script.join('; '), jail, outside);
    const free = Number(readFileSync(pidFile, 'utf8'));
    try {
      const seen = (await table.everywhere()).filter((mount) => mount.mountPoint === outside);
      expect(seen).toMatchObject([{ source: 'hidden', pid: free }]);
      expect(free).toBeGreaterThan(other.pid);
    } finally {
      process.kill(free, 'SIGKILL');
      await other.end();
    }
  });
});

describe('the mounter on a real kernel', () => {
  test.each(['ext4', 'xfs', 'btrfs'])('mounts %s with its options, and unmounts it', async (fsType) => {
    const device = host.newLoop(320 * MiB);
    sh(`mkfs.${fsType}`, '-q', device);
    const target = host.newFolder();
    const options = ['noatime', 'nosuid'];
    await mounter.mountFilesystem({ device, target, fsType, options }, within(20_000));
    const [mount, ...others] = await table.at(target);
    expect(others).toEqual([]);
    expect(mount).toMatchObject({ fsType, source: device });
    expect(mount?.options).toEqual(expect.arrayContaining(options));
    const again = mounter.mountFilesystem({ device, target, fsType, options }, within(20_000));
    await expect(again).rejects.toMatchObject({ kind: 'in-use' });
    await mounter.unmount(target, within(20_000));
    await mounter.unmount(target, within(20_000));
    expect(await table.at(target)).toEqual([]);
  });

  test('says that a device holds no such file system, and leaves no mount', async () => {
    const device = host.newLoop(32 * MiB);
    const target = host.newFolder();
    const mounting = mounter.mountFilesystem({ device, target, fsType: 'ext4', options: [] }, within(20_000));
    await expect(mounting).rejects.toMatchObject({ kind: 'precondition' });
    expect(await table.at(target)).toEqual([]);
  });

  test('removes ten mounts that are stacked on one path', async () => {
    const target = host.newFolder();
    for (let layer = 0; layer < 10; layer++) sh('mount', '-t', 'tmpfs', `layer${layer}`, target);
    const layers = await table.at(target);
    expect(layers.map((mount) => mount.source)).toEqual(Array.from({ length: 10 }, (_, n) => `layer${n}`));
    await mounter.unmount(target, within(20_000));
    expect(await table.at(target)).toEqual([]);
  });

  test('a busy mount is in use, and stays', async () => {
    const target = host.newFolder();
    sh('mount', '-t', 'tmpfs', 'busy', target);
    const open = openSync(join(target, 'file'), 'w');
    const unmounting = mounter.unmount(target, within(20_000));
    await expect(unmounting).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining(target),
    });
    expect(await table.at(target)).toHaveLength(1);
    closeSync(open);
    await mounter.unmount(target, within(20_000));
    expect(await table.at(target)).toEqual([]);
  });

  test('a read-only bind refuses writes, keeps the flags of its source, and leaves the source writable', async () => {
    const source = host.newFolder();
    const target = host.newFolder();
    sh('mount', '-t', 'tmpfs', '-o', 'nosuid', 'source', source);
    const bind = { source, target, readonly: true, options: ['noexec', 'data=ordered'] };
    await mounter.bind(bind, within(20_000));
    expect(() => writeFileSync(join(target, 'file'), 'x')).toThrow('EROFS');
    writeFileSync(join(source, 'file'), 'x');
    const [mount] = await table.at(target);
    expect(mount?.options).toEqual(expect.arrayContaining(['ro', 'nosuid', 'noexec']));
    await expect(mounter.bind(bind, within(20_000))).rejects.toMatchObject({ kind: 'in-use' });
    await mounter.unmount(target, within(20_000));
    await mounter.unmount(source, within(20_000));
  });

  test('binds a device node onto a file', async () => {
    const device = host.newLoop(8 * MiB);
    const target = host.newFile();
    await mounter.bind({ source: device, target, readonly: false, options: [] }, within(20_000));
    expect(sh('stat', '--format', '%t:%T', target)).toBe(sh('stat', '--format', '%t:%T', device));
    await mounter.unmount(target, within(20_000));
  });

  test('a bind of something absent says so and leaves nothing', async () => {
    const target = host.newFolder();
    const bind = { source: join(host.folder, 'absent'), target, readonly: false, options: [] };
    await expect(mounter.bind(bind, within(20_000))).rejects.toMatchObject({ kind: 'not-found' });
    expect(await table.at(target)).toEqual([]);
  });
});
