import { afterAll, describe, expect, test } from 'bun:test';
import { closeSync, openSync, writeSync } from 'node:fs';
import { Host } from './support/host.ts';
import { neighbour } from './support/namespace.ts';
import { realNode, within } from './support/node.ts';
import { requirePrograms } from './support/requirements.ts';
import { sh } from './support/shell.ts';

requirePrograms({ 'mkfs.ext4': 'e2fsprogs', 'mkfs.btrfs': 'btrfs-progs' });
const host = new Host();
afterAll(() => host.close());

const { devices, mounter, usage } = realNode();
const MiB = 1 << 20;

async function newDevice(bytes = 128 * MiB) {
  return devices.describe(host.newLoop(bytes));
}

function writeFirstByte(path: string): void {
  const device = openSync(path, 'r+');
  try {
    writeSync(device, 'x');
  } finally {
    closeSync(device);
  }
}

describe('block devices on a real kernel', () => {
  test('describes a device by its node and by its number', async () => {
    const device = await newDevice(8 * MiB);
    expect(device).toMatchObject({ sizeBytes: BigInt(8 * MiB), readonly: false });
    expect(await devices.byNumber(device.number)).toEqual(device);
    expect(await devices.byNumber('4095:7')).toBeUndefined();
    await expect(devices.describe('/dev/null')).rejects.toMatchObject({ kind: 'invalid' });
    await expect(devices.describe('/dev/absent')).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('a device that was made read-only refuses to be written, until it is made writable', async () => {
    const { path } = await newDevice(8 * MiB);
    await devices.setReadonly(path, true, within(5_000));
    expect((await devices.describe(path)).readonly).toBe(true);
    expect(() => writeFirstByte(path)).toThrow(/EPERM|EACCES|EROFS/);
    await devices.setReadonly(path, false, within(5_000));
    expect((await devices.describe(path)).readonly).toBe(false);
    writeFirstByte(path);
  });
});

describe('device usage on a real kernel', () => {
  test('a device that nobody has is unused, even while somebody reads it', async () => {
    const device = await newDevice();
    const reader = openSync(device.path, 'r');
    try {
      expect(await usage.users(device)).toEqual([]);
      await usage.assertUnused(device, [], within(5_000));
    } finally {
      closeSync(reader);
    }
  });

  test.each(['ext4', 'btrfs'])('sees a mount of %s, and can leave out our own', async (fsType) => {
    const device = await newDevice();
    sh(`mkfs.${fsType}`, '-q', device.path);
    const target = host.newFolder();
    await mounter.mountFilesystem({ device: device.path, target, fsType, options: [] }, within(20_000));
    expect(await usage.users(device)).toEqual([expect.stringContaining(`mounted at ${target} (pid `)]);
    const asserted = usage.assertUnused(device, [], within(5_000));
    await expect(asserted).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining(target),
    });
    await usage.assertUnused(device, [target], within(5_000));
    await mounter.unmount(target, within(20_000));
    expect(await usage.users(device)).toEqual([]);
  });

  test('sees a mount in another namespace, and so does an exclusive open', async () => {
    const device = await newDevice();
    sh('mkfs.ext4', '-q', device.path);
    const target = host.newFolder();
    const other = await neighbour(host, 'mount "$1" "$2"', device.path, target);
    expect(await devices.isHeldExclusively(device.path)).toBe(true);
    expect(await usage.users(device)).toEqual([`mounted at ${target} (pid ${other.pid})`]);
    await expect(usage.assertUnused(device, [], within(5_000))).rejects.toMatchObject({ kind: 'in-use' });
    await other.end();
    expect(await devices.isHeldExclusively(device.path)).toBe(false);
    expect(await usage.users(device)).toEqual([]);
  });

  test('a bind mount of the device node counts, here and in another namespace', async () => {
    const device = await newDevice();
    const here = host.newFile('here');
    const there = host.newFile('there');
    await mounter.bind({ source: device.path, target: here, readonly: false, options: [] }, within(5_000));
    const other = await neighbour(host, 'mount --bind "$1" "$2"', device.path, there);
    const users = await usage.users(device);
    expect(users).toHaveLength(2);
    expect(users).toEqual([
      expect.stringContaining(`device file bound at ${here} (pid `),
      `device file bound at ${there} (pid ${other.pid})`,
    ]);
    await other.end();
    await usage.assertUnused(device, [here], within(5_000));
    await mounter.unmount(here, within(5_000));
    expect(await usage.users(device)).toEqual([]);
  });

  test('a claim that no mount explains is named too', async () => {
    const device = await newDevice();
    sh('mkswap', device.path);
    sh('swapon', device.path);
    try {
      expect(await usage.users(device)).toEqual(['opened exclusively by another process']);
    } finally {
      sh('swapoff', device.path);
    }
    expect(await usage.users(device)).toEqual([]);
  });
});
