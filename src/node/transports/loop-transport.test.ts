import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeDeviceFiles } from '../../../test/support/node/fake-device-files.ts';
import { FakeLoops } from '../../../test/support/node/fake-loops.ts';
import { failing } from '../../../test/support/node/fake-mounts.ts';
import { RushingClock } from '../../../test/support/rushing-clock.ts';
import { detachedContext } from '../../core/call-context.ts';
import { NqnNaming } from '../../core/storage/nqn.ts';
import type { Export } from '../../core/storage/volume.ts';
import { isEpoch, volumeId } from '../../core/storage/volume-id.ts';
import { type FileIdentity, SystemDeviceFiles } from '../devices/device-files.ts';
import { LoopTransport } from './loop-transport.ts';

/** Nodes as tests say, images as they are. */
class MixedFiles extends FakeDeviceFiles {
  override identify(path: string): Promise<FileIdentity> {
    return this.known.has(path) ? super.identify(path) : new SystemDeviceFiles().identify(path);
  }
}

const nqns = new NqnNaming('nqn.2026-01.test.unit');
const id = volumeId('mock', 'csi-a');
let folder: string;
let exports: string;
let kernel: FakeLoops;
let clock: RushingClock;
let transport: LoopTransport;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-loop-'));
  exports = join(folder, 'exports');
  mkdirSync(exports);
  const roots = { sys: join(folder, 'sys'), dev: join(folder, 'dev') };
  const files = new MixedFiles();
  kernel = new FakeLoops(roots, files);
  clock = new RushingClock();
  transport = new LoopTransport({ nqns, roots, runner: kernel, clock, files });
});
afterEach(() => rmSync(folder, { recursive: true }));

const context = () => detachedContext(AbortSignal.timeout(10_000));
const loopCommands = (action: string) => kernel.commands.filter((argv) => argv[1] === action);

function targetOf(epoch = '00000000000000aa', volume = id) {
  if (!isEpoch(epoch)) throw new Error(`no epoch: ${epoch}`);
  const nqn = nqns.forExport(volume, epoch);
  return {
    transport: 'loop',
    folder: exports,
    nqn,
    epoch,
    capacityBytes: 8n << 20n,
    mayFormat: true,
  } as const;
}

function publish(epoch?: string, volume = id) {
  const target = targetOf(epoch, volume);
  writeFileSync(join(exports, target.nqn), '');
  truncateSync(join(exports, target.nqn), 8 << 20);
  return target;
}

describe('attaching', () => {
  test('sets a loop device up on the image, once', async () => {
    const target = publish();
    const device = await transport.attach(target, context());
    expect(device).toEqual({
      path: kernel.path('loop0'),
      number: '7:0',
      nqn: target.nqn,
      volumeId: id,
      epoch: target.epoch,
      sizeBytes: 8n << 20n,
      readonly: false,
      live: true,
    });
    expect(await transport.attach(target, context())).toEqual(device);
    expect(loopCommands('--find')).toEqual([
      [
        ...['losetup', '--find', '--show', '--sector-size', '512', '--direct-io=on'],
        join(exports, target.nqn),
      ],
    ]);
  });

  test('at the same time gives all the same device', async () => {
    const target = publish();
    const devices = await Promise.all(Array.from({ length: 5 }, () => transport.attach(target, context())));
    expect(new Set(devices.map((device) => device.path)).size).toBe(1);
    expect(loopCommands('--find')).toHaveLength(1);
  });

  test('finds the image that was set up from a folder with another name', async () => {
    const target = publish();
    kernel.attach('loop5', join(exports, target.nqn));
    kernel.set('loop5', 'loop/backing_file', `/elsewhere/${target.nqn} (deleted)`);
    expect(await transport.attach(target, context())).toMatchObject({ path: kernel.path('loop5') });
  });

  test('does without direct I/O where that does not work', async () => {
    const target = publish();
    kernel.intercept = (argv) =>
      argv.includes('--direct-io=on') ? failing(1, 'losetup: set direct io failed') : undefined;
    expect(await transport.attach(target, context())).toMatchObject({ nqn: target.nqn });
    expect(loopCommands('--find')).toHaveLength(2);
  });

  test('takes the device that a failing losetup has set up all the same', async () => {
    const target = publish();
    kernel.intercept = (argv) => {
      if (argv[1] !== '--find') return undefined;
      kernel.attach('loop2', join(exports, target.nqn));
      return failing(1, 'losetup: set direct io failed');
    };
    expect(await transport.attach(target, context())).toMatchObject({ path: kernel.path('loop2') });
  });

  test('tries again while others take the free devices first, but not for ever', async () => {
    const target = publish();
    let races = 3;
    kernel.intercept = (argv) =>
      argv[1] === '--find' && races-- > 0 ? failing(1, 'losetup: Device or resource busy') : undefined;
    expect(await transport.attach(target, context())).toMatchObject({ nqn: target.nqn });
    races = Number.POSITIVE_INFINITY;
    const attaching = transport.attach(publish('00000000000000bb'), context());
    await expect(attaching).rejects.toMatchObject({ kind: 'in-use' });
    expect(loopCommands('--find')).toHaveLength(4 + 20);
  });

  test.each([
    ['losetup: cannot find an unused loop device', 'exhausted'],
    ['losetup: failed to set up loop device: Input/output error', 'unavailable'],
  ])('says why it failed: %s', async (stderr, kind) => {
    kernel.intercept = (argv) => (argv[1] === '--find' ? failing(1, stderr) : undefined);
    await expect(transport.attach(publish(), context())).rejects.toMatchObject({ kind });
  });

  test('makes a device writable that its last user left read-only', async () => {
    kernel.set('loop0', 'ro', '1');
    expect(await transport.attach(publish(), context())).toMatchObject({ readonly: false });
  });

  test('refuses what is no image', async () => {
    await expect(transport.attach(targetOf(), context())).rejects.toMatchObject({ kind: 'not-found' });
    mkdirSync(join(exports, targetOf().nqn));
    await expect(transport.attach(targetOf(), context())).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('refuses what is no export of ours', async () => {
    const foreign = { ...targetOf(), nqn: 'nqn.2026-01.test.unit:../../etc/passwd' };
    await expect(transport.attach(foreign, context())).rejects.toMatchObject({ kind: 'invalid' });
    const { folder: _, ...rest } = targetOf();
    const remote: Export = { ...rest, transport: 'nvme-tcp', addresses: ['::1'], port: 4420, namespaceId: 1 };
    await expect(transport.attach(remote, context())).rejects.toMatchObject({ kind: 'invalid' });
    expect(kernel.commands).toEqual([]);
  });

  test('refuses another file under the same name, and two devices on one image', async () => {
    const target = publish();
    kernel.attach('loop5', join(exports, target.nqn));
    kernel.attach('loop6', join(exports, target.nqn));
    await expect(transport.attach(target, context())).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('loop5, loop6'),
    });
    kernel.release('loop6');
    renameSync(join(exports, target.nqn), join(exports, 'old'));
    kernel.release('loop5');
    kernel.attach('loop5', join(exports, 'old'));
    kernel.set('loop5', 'loop/backing_file', join(exports, target.nqn));
    publish();
    await expect(transport.attach(target, context())).rejects.toMatchObject({ kind: 'precondition' });
  });

  test('is not sure of anything when losetup cannot tell the file', async () => {
    const target = publish();
    kernel.attach('loop5', join(exports, target.nqn));
    kernel.intercept = (argv) => (argv[1] === '--list' ? failing(1, 'odd') : undefined);
    await expect(transport.attach(target, context())).rejects.toMatchObject({ kind: 'protocol' });
  });
});

describe('finding', () => {
  test('gives every epoch of the volume, and lists only what is ours', async () => {
    const other = volumeId('mock', 'csi-b');
    const [a, b, c] = [publish('00000000000000aa'), publish('00000000000000bb'), publish(undefined, other)];
    for (const target of [a, b, c]) await transport.attach(target, context());
    rmSync(join(exports, a.nqn));
    kernel.set('loop0', 'loop/backing_file', `${join(exports, a.nqn)} (deleted)`);
    writeFileSync(join(exports, 'foreign'), '');
    kernel.attach('loop9', join(exports, 'foreign'));
    const found = await transport.find(id, context());
    expect(found.map(({ nqn, withdrawn }) => [nqn, withdrawn])).toEqual([
      [a.nqn, true],
      [b.nqn, undefined],
    ]);
    const all = await transport.list(context());
    expect(all.map((device) => device.volumeId).sort()).toEqual([id, id, other]);
  });

  test('fails without sysfs', async () => {
    rmSync(join(folder, 'sys', 'block'), { recursive: true });
    await expect(transport.list(context())).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

test('what stands is an image under the NQN, and a device that is attached', async () => {
  const target = publish();
  expect(await transport.standing(target, context())).toEqual({ state: 'exported' });
  const device = await transport.attach(target, context());
  rmSync(join(exports, target.nqn));
  expect(await transport.standing(target, context())).toMatchObject({ state: 'refused', why: 'unknown' });
  expect(await transport.standing(device, context())).toEqual({ state: 'exported' });
});

test('a loop device is never cut off; one that is gone needs no cut', async () => {
  const device = await transport.attach(publish(), context());
  await expect(transport.cut(device, context())).rejects.toMatchObject({ kind: 'in-use' });
  await transport.tidy(context());
  expect(await transport.list(context())).toEqual([device]);
  kernel.release('loop0');
  await transport.cut(device, context());
});

describe('rescanning', () => {
  test('gives the size that the image has now', async () => {
    const target = publish();
    const device = await transport.attach(target, context());
    truncateSync(join(exports, target.nqn), 16 << 20);
    expect(await transport.rescan(device, context())).toEqual({ ...device, sizeBytes: 16n << 20n });
  });

  test('fails where the device is not attached any more, or losetup fails', async () => {
    const device = await transport.attach(publish(), context());
    kernel.intercept = (argv) => (argv[1] === '--set-capacity' ? failing(1, 'odd') : undefined);
    await expect(transport.rescan(device, context())).rejects.toMatchObject({ kind: 'unavailable' });
    kernel.release('loop0');
    await expect(transport.rescan(device, context())).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('fails where the device becomes another one meanwhile', async () => {
    const device = await transport.attach(publish(), context());
    kernel.intercept = () => {
      kernel.set('loop0', 'dev', '7:99');
      kernel.release('loop0');
      rmSync(join(folder, 'sys', 'dev', 'block', '7:0'));
      return failing(0, '');
    };
    await expect(transport.rescan(device, context())).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('detaching', () => {
  test('lets the device go, and an absent one is a success', async () => {
    const device = await transport.attach(publish(), context());
    await transport.detach(device, context());
    expect(await transport.list(context())).toEqual([]);
    await transport.detach(device, context());
    expect(loopCommands('--detach')).toHaveLength(1);
  });

  test('never touches a device that was used again for another file', async () => {
    const device = await transport.attach(publish(), context());
    kernel.release('loop0');
    const other = publish('00000000000000bb');
    kernel.attach('loop0', join(exports, other.nqn));
    await transport.detach(device, context());
    expect(loopCommands('--detach')).toEqual([]);
    expect(await transport.list(context())).toHaveLength(1);
  });

  test('never touches what is no loop device', async () => {
    const device = await transport.attach(publish(), context());
    const foreign = { ...device, path: '/dev/vda' };
    await expect(transport.detach(foreign, context())).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('takes the read-only mark off, for the next user', async () => {
    const device = await transport.attach(publish(), context());
    kernel.set('loop0', 'ro', '1');
    await transport.detach(device, context());
    expect(loopCommands('--setrw')).toHaveLength(1);
  });

  test('waits for whoever looks at the device for a moment', async () => {
    const device = await transport.attach(publish(), context());
    kernel.open.add('loop0');
    clock.tick = () => {
      if (clock.slept >= 100 && kernel.open.delete('loop0')) kernel.release('loop0');
    };
    await transport.detach(device, context());
    expect(await transport.list(context())).toEqual([]);
  });

  test('says that a device is in use that stays open, and still lists it', async () => {
    const device = await transport.attach(publish(), context());
    kernel.open.add('loop0');
    await expect(transport.detach(device, context())).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining(device.path),
    });
    expect(await transport.list(context())).toEqual([device]);
  });

  test('once begun, is not undone: the device cannot be had again before it is gone', async () => {
    const target = publish();
    const device = await transport.attach(target, context());
    kernel.open.add('loop0');
    await expect(transport.detach(device, context())).rejects.toMatchObject({ kind: 'in-use' });
    await expect(transport.attach(target, context())).rejects.toMatchObject({ kind: 'in-use' });
    kernel.release('loop0');
    expect(await transport.attach(target, context())).toMatchObject({ nqn: target.nqn });
  });

  test('reports a failed losetup, unless the device went all the same', async () => {
    const device = await transport.attach(publish(), context());
    kernel.intercept = (argv) => (argv[1] === '--detach' ? failing(1, 'odd') : undefined);
    await expect(transport.detach(device, context())).rejects.toMatchObject({ kind: 'unavailable' });
    kernel.intercept = (argv) => {
      if (argv[1] !== '--detach') return undefined;
      kernel.release('loop0');
      return failing(1, 'losetup: No such device or address');
    };
    await transport.detach(device, context());
  });

  test('gives up where a successful losetup had no effect', async () => {
    const device = await transport.attach(publish(), context());
    kernel.intercept = (argv) => (argv[1] === '--detach' ? failing(0, '') : undefined);
    await expect(transport.detach(device, context())).rejects.toMatchObject({ kind: 'timeout' });
  });
});
