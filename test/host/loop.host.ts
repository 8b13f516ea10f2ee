import { afterAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { NqnNaming } from '../../src/core/storage/nqn.ts';
import type { Export } from '../../src/core/storage/volume.ts';
import { isEpoch, volumeId } from '../../src/core/storage/volume-id.ts';
import { LoopTransport } from '../../src/node/transports/loop-transport.ts';
import { until } from '../support/until.ts';
import { Host } from './support/host.ts';
import { neighbour } from './support/namespace.ts';
import { ROOTS, realNode, within } from './support/node.ts';
import { requirePrograms } from './support/requirements.ts';
import { sh } from './support/shell.ts';

requirePrograms({ 'mkfs.ext4': 'e2fsprogs', losetup: 'mount' });
const host = new Host();
afterAll(() => host.close());

const MiB = 1 << 20;
const run = randomBytes(4).toString('hex');
const nqns = new NqnNaming(`nqn.2026-01.test.host:${run}`);
const { clock, runner, devices, usage } = realNode();
const newTransport = () => new LoopTransport({ nqns, roots: ROOTS, runner, clock });
const transport = newTransport();

function newEpoch() {
  const epoch = randomBytes(8).toString('hex');
  if (!isEpoch(epoch)) throw new Error(`no epoch: ${epoch}`);
  return epoch;
}

/** A volume whose image lies in one folder and its export, a hard link named by the NQN, in another. */
function newVolume(bytes = 64 * MiB) {
  const id = volumeId('mock', host.unique('csi'));
  const image = host.newImage(bytes);
  const folder = join(host.folder, 'exports');
  mkdirSync(folder, { recursive: true });
  const publish = (): Export => {
    const epoch = newEpoch();
    const nqn = nqns.forExport(id, epoch);
    linkSync(image, join(folder, nqn));
    return { transport: 'loop', folder, nqn, epoch, capacityBytes: BigInt(bytes), mayFormat: true };
  };
  return { id, image, publish };
}

describe('the loop transport on a real kernel', () => {
  test('attaches once, whoever asks, and detaches until it is gone', async () => {
    const volume = newVolume();
    const target = volume.publish();
    const device = await transport.attach(target, within(10_000));
    expect(device).toMatchObject({
      nqn: target.nqn,
      volumeId: volume.id,
      epoch: target.epoch,
      sizeBytes: BigInt(64 * MiB),
      readonly: false,
      live: true,
    });
    expect(await transport.attach(target, within(10_000))).toEqual(device);
    expect(await newTransport().attach(target, within(10_000))).toEqual(device);
    expect(host.loops()).toEqual([device.path]);
    await transport.detach(device, within(10_000));
    expect(host.loops()).toEqual([]);
    await transport.detach(device, within(10_000));
    expect(await transport.list(within(10_000))).toEqual([]);
  });

  test('ten volumes attached at once, each twice, get ten devices', async () => {
    const targets = Array.from({ length: 10 }, () => newVolume(8 * MiB).publish());
    const attached = await Promise.all(
      [...targets, ...targets].map((target) => transport.attach(target, within(60_000))),
    );
    expect(new Set(attached.map((device) => device.path)).size).toBe(10);
    expect(attached.map((device) => device.nqn)).toEqual(
      [...targets, ...targets].map((target) => target.nqn),
    );
    expect(host.loops()).toHaveLength(10);
    await Promise.all(attached.map((device) => transport.detach(device, within(60_000))));
    expect(host.loops()).toEqual([]);
  });

  test('finds the device of an epoch that ended, whose name is removed already', async () => {
    const volume = newVolume();
    const old = volume.publish();
    const stale = await transport.attach(old, within(10_000));
    rmSync(join(host.folder, 'exports', old.nqn));
    await expect(transport.attach(old, within(10_000))).rejects.toMatchObject({ kind: 'not-found' });
    const fresh = await transport.attach(volume.publish(), within(10_000));
    const found = await transport.find(volume.id, within(10_000));
    expect(new Map(found.map(({ nqn, withdrawn }) => [nqn, withdrawn]))).toEqual(
      new Map([
        [stale.nqn, true],
        [fresh.nqn, undefined],
      ]),
    );
    await transport.detach(stale, within(10_000));
    expect(await transport.find(volume.id, within(10_000))).toEqual([fresh]);
    await transport.detach(fresh, within(10_000));
  });

  test('an image whose folder moved is the same image', async () => {
    const target = newVolume().publish();
    const device = await transport.attach(target, within(10_000));
    const elsewhere = host.newFolder('moved');
    linkSync(join(host.folder, 'exports', target.nqn), join(elsewhere, target.nqn));
    const again = await transport.attach({ ...target, transport: 'loop', folder: elsewhere }, within(10_000));
    expect(again).toEqual(device);
    await transport.detach(device, within(10_000));
  });

  test('another file of that name is refused', async () => {
    const target = newVolume().publish();
    const device = await transport.attach(target, within(10_000));
    const folder = host.newFolder('foreign');
    host.newImage(8 * MiB, join(folder, target.nqn));
    const attaching = transport.attach({ ...target, transport: 'loop', folder }, within(10_000));
    await expect(attaching).rejects.toMatchObject({ kind: 'precondition' });
    await transport.detach(device, within(10_000));
  });

  test('never sees nor touches a device that is not ours', async () => {
    const path = host.newLoop(8 * MiB);
    const target = newVolume().publish();
    const device = await transport.attach(target, within(10_000));
    expect((await transport.list(within(10_000))).map((listed) => listed.path)).toEqual([device.path]);
    await transport.detach({ ...device, path }, within(10_000));
    expect(host.loops()).toContain(path);
    await transport.detach(device, within(10_000));
  });

  test('gives the new size after the image has grown', async () => {
    const volume = newVolume(8 * MiB);
    const device = await transport.attach(volume.publish(), within(10_000));
    truncateSync(volume.image, 16 * MiB);
    const grown = await transport.rescan(device, within(10_000));
    expect(grown).toEqual({ ...device, sizeBytes: BigInt(16 * MiB) });
    await transport.detach(device, within(10_000));
    await expect(transport.rescan(device, within(10_000))).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('a device that its last user left read-only is writable for the next', async () => {
    const first = await transport.attach(newVolume().publish(), within(10_000));
    await devices.setReadonly(first.path, true, within(10_000));
    expect(await transport.list(within(10_000))).toEqual([{ ...first, readonly: true }]);
    await transport.detach(first, within(10_000));
    const second = await transport.attach(newVolume().publish(), within(10_000));
    expect(second.readonly).toBe(false);
    await transport.detach(second, within(10_000));
  });

  test('a device that is mounted in another namespace is not let go, and the list says so', async () => {
    const volume = newVolume();
    const device = await transport.attach(volume.publish(), within(10_000));
    sh('mkfs.ext4', '-q', device.path);
    const other = await neighbour(host, 'mount "$1" "$2"', device.path, host.newFolder());
    await expect(usage.assertUnused(device, [], within(5_000))).rejects.toMatchObject({ kind: 'in-use' });
    const detaching = transport.detach(device, within(30_000));
    await expect(detaching).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining(device.path),
    });
    expect(await transport.find(volume.id, within(5_000))).toEqual([device]);
    await other.end();
    await until('the kernel let the device go', () => !host.loops().includes(device.path));
    await transport.detach(device, within(10_000));
  }, 30_000);
});
