import { afterAll, describe, expect, test } from 'bun:test';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { VolumeCapability_AccessMode_Mode as Mode } from '../../src/core/csi/generated/csi.ts';
import { deviceNumber } from '../../src/node/devices/device-files.ts';
import { blockCapability, MiB, mountCapability } from '../support/node/node-requests.ts';
import { Host } from './support/host.ts';
import { requirePrograms } from './support/requirements.ts';
import { sh } from './support/shell.ts';
import { MAY_NOT_GROW, mayGrowExt4, mountsAt, NodeRig } from './support/volumes.ts';

requirePrograms({ 'mkfs.ext4': 'e2fsprogs', 'mkfs.xfs': 'xfsprogs', 'mkfs.btrfs': 'btrfs-progs' });
const host = new Host();
afterAll(() => host.close());
const rig = new NodeRig(host);
const SIZE = 64n * MiB;
const newTarget = () => join(host.folder, host.unique('pod'), 'volumes', 'mount');

describe('publishing a file system', () => {
  test('ten times leaves exactly one mount, and unpublishing leaves nothing', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage();
    const target = newTarget();
    for (let round = 0; round < 10; round++) await volume.publish(target);
    expect(await mountsAt(target)).toHaveLength(1);
    await volume.unpublish(target);
    await volume.unpublish(target);
    expect(existsSync(target)).toBe(false);
    await volume.unstage();
  });

  test('shows the same data at two pods, one of which may only read', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage();
    const [writer, reader] = [newTarget(), newTarget()];
    await volume.publish(writer);
    await volume.publish(reader, mountCapability(), true);
    writeFileSync(join(writer, 'data'), 'shared');
    expect(readFileSync(join(reader, 'data'), 'utf8')).toBe('shared');
    expect(() => writeFileSync(join(reader, 'data'), 'x')).toThrow('EROFS');
    await expect(volume.publish(reader)).rejects.toMatchObject({ kind: 'conflict' });
    await expect(volume.unstage()).rejects.toMatchObject({ kind: 'in-use' });
    await volume.unpublish(reader);
    await volume.unpublish(writer);
    await volume.unstage();
  });

  test('shows readers of many nodes what a writer left', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage();
    const target = newTarget();
    await volume.publish(target);
    writeFileSync(join(target, 'data'), 'left');
    await volume.unpublish(target);
    await volume.unstage();
    volume.publishAnew();
    const readers = mountCapability({ mode: Mode.MULTI_NODE_READER_ONLY });
    const targets = [newTarget(), newTarget()];
    await volume.stage(readers);
    for (const path of targets) await volume.publish(path, readers);
    for (const path of targets) expect(readFileSync(join(path, 'data'), 'utf8')).toBe('left');
    for (const path of targets) await volume.unpublish(path);
    await volume.unstage();
  });

  test('for one pod alone is refused at a second path, until the first is unpublished', async () => {
    const alone = mountCapability({ mode: Mode.SINGLE_NODE_SINGLE_WRITER });
    const volume = rig.newVolume(SIZE);
    await volume.stage(alone);
    const [first, second] = [newTarget(), newTarget()];
    await volume.publish(first, alone);
    await volume.publish(first, alone);
    await expect(volume.publish(second, alone)).rejects.toMatchObject({ kind: 'in-use' });
    await volume.unpublish(first);
    await volume.publish(second, alone);
    await volume.unpublish(second);
    await volume.unstage();
  });

  test('is not unpublished while a process holds a file open', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage();
    const target = newTarget();
    await volume.publish(target);
    const file = openSync(join(target, 'data'), 'w');
    await expect(volume.unpublish(target)).rejects.toMatchObject({ kind: 'in-use' });
    expect(await mountsAt(target)).toHaveLength(1);
    writeSync(file, 'intact');
    closeSync(file);
    await volume.unpublish(target);
    expect(readFileSync(join(volume.staging, 'data'), 'utf8')).toBe('intact');
    await volume.unstage();
  });
});

describe('unpublishing', () => {
  test('leaves alone what somebody else mounted on the path, and says what it is', async () => {
    const [volume, other] = [rig.newVolume(SIZE), rig.newVolume(SIZE)];
    const target = newTarget();
    await other.stage();
    await other.publish(target);
    await expect(volume.unpublish(target)).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining(other.id),
    });
    expect(await mountsAt(target)).toHaveLength(1);
    await other.unpublish(target);
    const foreign = host.newFolder('foreign');
    sh('mount', '-t', 'tmpfs', 'tmpfs', foreign);
    await expect(volume.unpublish(foreign)).rejects.toMatchObject({ kind: 'precondition' });
    expect(await mountsAt(foreign)).toHaveLength(1);
    sh('umount', foreign);
    await other.unstage();
  });

  test('takes away what is left of a raw block volume whose device is gone', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage(blockCapability());
    const target = newTarget();
    await volume.publish(target, blockCapability());
    sh('losetup', '--detach', (await volume.device()).path);
    await volume.unpublish(target);
    expect(existsSync(target)).toBe(false);
    await volume.unstage();
  });
});

describe('publishing raw block', () => {
  const block = blockCapability();

  test('shows the very device, ten times as one mount', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage(block);
    const target = newTarget();
    for (let round = 0; round < 10; round++) await volume.publish(target, block);
    expect(await mountsAt(target)).toHaveLength(1);
    const { number } = await volume.device();
    expect(deviceNumber(statSync(target, { bigint: true }).rdev)).toBe(number);
    writeFileSync(target, 'raw', { flag: 'r+' });
    await expect(volume.unstage()).rejects.toMatchObject({ kind: 'in-use' });
    await volume.unpublish(target);
    expect(existsSync(target)).toBe(false);
    await volume.unstage();
    expect(readFileSync(volume.image).subarray(0, 3).toString()).toBe('raw');
  });

  test('read-only refuses writes in the kernel', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage(block);
    const target = newTarget();
    await volume.publish(target, block, true);
    // A bind mount alone would let this through: the device itself refuses.
    expect(() =>
      sh('dd', 'if=/dev/zero', `of=${target}`, 'bs=4096', 'count=1', 'conv=fsync,notrunc'),
    ).toThrow();
    await volume.unpublish(target);
    await volume.unstage();
  });
});

describe('a volume that grew', () => {
  test.each(['ext4', 'xfs', 'btrfs'])('as %s grows online to its last byte', async (fsType) => {
    const capability = mountCapability({ fsType });
    const volume = rig.newVolume(320n * MiB);
    await volume.stage(capability);
    const target = newTarget();
    await volume.publish(target, capability);
    const [before] = await volume.usage(target);
    truncateSync(volume.image, Number(640n * MiB));
    const allowed = fsType !== 'ext4' || mayGrowExt4();
    for (const _again of [1, 2]) {
      const expanding = volume.expand(target, 640n * MiB);
      if (allowed) expect(await expanding).toEqual({ capacityBytes: 640n * MiB });
      else await expect(expanding).rejects.toMatchObject(MAY_NOT_GROW);
    }
    const [after] = await volume.usage(target);
    const gained = (after?.total ?? 0n) - (before?.total ?? 0n);
    if (allowed) expect(gained).toBeGreaterThan(300n * MiB);
    else expect(gained).toBe(0n);
    expect(await volume.conditions()).toEqual([]);
    await volume.unpublish(target);
    await volume.unstage();
  });

  test('as raw block shows its new size', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage(blockCapability());
    const target = newTarget();
    await volume.publish(target, blockCapability());
    truncateSync(volume.image, Number(2n * SIZE));
    expect(await volume.expand(target, 2n * SIZE)).toEqual({ capacityBytes: 2n * SIZE });
    expect(await volume.usage(target)).toMatchObject([{ total: 2n * SIZE }]);
    await volume.unpublish(target);
    await volume.unstage();
  });

  test('that did not really grow says when it will', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage();
    await expect(volume.expand(volume.staging, 2n * SIZE)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('grows at the next attach'),
    });
    await volume.unstage();
  });
});

test('statistics are of the volume, not of what lies below an unmounted path', async () => {
  const volume = rig.newVolume(SIZE);
  await volume.stage();
  const [bytes, inodes] = await volume.usage(volume.staging);
  expect(bytes?.total).toBeLessThanOrEqual(SIZE);
  expect(bytes?.available).toBeGreaterThan(0n);
  expect(inodes?.total).toBeGreaterThan(0n);
  await expect(volume.usage(host.newFolder())).rejects.toMatchObject({ kind: 'not-found' });
  await volume.unstage();
  await expect(volume.usage(volume.staging)).rejects.toMatchObject({ kind: 'not-found' });
});
