import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeDeviceFiles } from '../../../../test/support/node/fake-device-files.ts';
import { FakeNvme, failureOf } from '../../../../test/support/node/fake-nvme.ts';
import { RecordingLogger } from '../../../../test/support/recording-logger.ts';
import { RushingClock } from '../../../../test/support/rushing-clock.ts';
import { detachedContext } from '../../../core/call-context.ts';
import { DEFAULT_CONNECTION_OPTIONS } from '../../../core/storage/connection-options.ts';
import { NqnNaming } from '../../../core/storage/nqn.ts';
import type { Export } from '../../../core/storage/volume.ts';
import { isEpoch, volumeId } from '../../../core/storage/volume-id.ts';
import { BlockDevices } from '../../devices/block-devices.ts';
import type { CommandRunner } from '../../exec/command-runner.ts';
import { derivedIdentity } from './host-identity.ts';
import { NvmeTransport } from './nvme-transport.ts';

const nqns = new NqnNaming('nqn.2026-01.test.unit');
const id = volumeId('rds', 'csi-a');
const FOREIGN = 'nqn.2026-01.test.elsewhere:root';
const noPrograms: CommandRunner = { run: () => Promise.reject(new Error('no program is needed')) };

let folder = '';
let files: FakeDeviceFiles;
let clock: RushingClock;
let logger: RecordingLogger;
let kernel: FakeNvme;
let transport: NvmeTransport;

function boot(multipath: boolean): void {
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-nvme-'));
  const roots = { sys: join(folder, 'sys'), dev: join(folder, 'dev') };
  files = new FakeDeviceFiles();
  logger = new RecordingLogger();
  kernel = new FakeNvme(roots, files, multipath);
  clock = new RushingClock();
  clock.tick = () => kernel.work();
  transport = new NvmeTransport({
    ...{ nqns, sys: roots.sys, files, clock, fabrics: kernel, probe: kernel },
    devices: new BlockDevices(roots, noPrograms, files),
    log: { lastComplaintWith: (text) => `nvme nvme0: about ${text}` },
    host: derivedIdentity('node-1'),
    reconnections: { counts: () => undefined },
  });
}
beforeEach(() => boot(true));
afterEach(() => rmSync(folder, { recursive: true }));

const context = () => detachedContext(AbortSignal.timeout(10_000), logger);

function targetOf(epoch = '00000000000000aa', volume = id, addresses: readonly string[] = ['192.0.2.1']) {
  if (!isEpoch(epoch)) throw new Error(`no epoch: ${epoch}`);
  const nqn = nqns.forExport(volume, epoch);
  const common = { nqn, epoch, capacityBytes: 1n << 20n, mayFormat: true };
  return { ...common, transport: 'nvme-tcp', addresses, port: 4420, namespaceId: 1 } as const;
}

function publish(...args: Parameters<typeof targetOf>) {
  const target = targetOf(...args);
  kernel.export(target.nqn);
  return target;
}

describe.each([true, false])('with nvme_core.multipath %p', (multipath) => {
  beforeEach(() => boot(multipath));

  test('attaches the device of the NQN, once', async () => {
    const target = publish();
    const device = await transport.attach(target, context());
    expect(device).toEqual({
      path: join(folder, 'dev', 'nvme0n1'),
      number: '259:0',
      nqn: target.nqn,
      volumeId: id,
      epoch: target.epoch,
      sizeBytes: 1n << 20n,
      readonly: false,
      live: true,
    });
    expect(await transport.attach(target, context())).toEqual(device);
    expect(kernel.requests).toHaveLength(1);
  });

  test('finds devices by their NQN although their names were swapped', async () => {
    const [a, b] = [publish(), publish(undefined, volumeId('rds', 'csi-b'))];
    await transport.attach(a, context());
    await transport.attach(b, context());
    for (const name of ['nvme0', 'nvme1']) kernel.drop(name);
    await transport.attach(b, context());
    const [found] = await transport.find(id, context());
    expect(found).toBeUndefined();
    expect(await transport.attach(a, context())).toMatchObject({ path: join(folder, 'dev', 'nvme1n1') });
    expect(await transport.list(context())).toHaveLength(2);
  });

  test('detaches, and returns when the device is gone', async () => {
    const device = await transport.attach(publish(), context());
    await transport.detach(device, context());
    expect(kernel.controllers).toEqual([]);
    await transport.detach(device, context());
  });

  test('reads the size anew', async () => {
    const device = await transport.attach(publish(), context());
    kernel.export(device.nqn, 4096);
    expect(await transport.rescan(device, context())).toEqual({ ...device, sizeBytes: 2n << 20n });
    expect(await transport.rescan({ ...device, sizeBytes: 2n << 20n }, context())).toMatchObject({
      sizeBytes: 2n << 20n,
    });
    kernel.drop('nvme0');
    await expect(transport.rescan(device, context())).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('sees nothing of what stands outside of our base', async () => {
    kernel.export(FOREIGN);
    await kernel.connect(`nqn=${FOREIGN},traddr=192.0.2.1,trsvcid=4420`);
    const device = await transport.attach(publish(), context());
    expect((await transport.list(context())).map(({ nqn }) => nqn)).toEqual([device.nqn]);
    for (const act of ['detach', 'cut', 'rescan'] as const) {
      await expect(transport[act]({ ...device, nqn: FOREIGN }, context())).rejects.toMatchObject({
        kind: expect.stringMatching(/invalid|not-found/),
      });
    }
    await transport.tidy(context());
    expect(kernel.controllers).toEqual(['nvme0', 'nvme1']);
  });
});

describe('several portals', () => {
  test('are all connected, and make one device', async () => {
    const target = publish(undefined, id, ['192.0.2.1', '192.0.2.2']);
    await transport.attach(target, context());
    expect(kernel.controllers).toHaveLength(2);
    expect(await transport.list(context())).toHaveLength(1);
  });

  test('are tried again where one was away', async () => {
    const target = publish(undefined, id, ['192.0.2.1', '192.0.2.2']);
    kernel.failures.set('192.0.2.2:4420', failureOf('ETIMEDOUT'));
    expect(await transport.attach(target, context())).toMatchObject({ live: true });
    expect(logger.with('one of the paths could not be connected')).toHaveLength(1);
    kernel.failures.clear();
    await transport.attach(target, context());
    expect(kernel.controllers).toHaveLength(2);
  });

  test('without multipath are tried in turn, and one is enough', async () => {
    boot(false);
    const target = publish(undefined, id, ['192.0.2.1', '192.0.2.2']);
    kernel.failures.set('192.0.2.1:4420', failureOf('ECONNREFUSED'));
    await transport.attach(target, context());
    kernel.failures.clear();
    await transport.attach(target, context());
    expect(kernel.controllers).toHaveLength(1);
  });

  test('without multipath are refused where somebody has connected two', async () => {
    boot(false);
    const target = publish();
    for (const address of ['192.0.2.1', '192.0.2.2'])
      await kernel.connect(`nqn=${target.nqn},traddr=${address},trsvcid=4420`);
    await expect(transport.attach(target, context())).rejects.toMatchObject({ kind: 'precondition' });
  });

  test('fail with what says the most', async () => {
    const target = targetOf(undefined, id, ['192.0.2.1', '192.0.2.2']);
    kernel.failures.set('192.0.2.1:4420', failureOf('ETIMEDOUT'));
    await expect(transport.attach(target, context())).rejects.toMatchObject({ kind: 'not-found' });
  });
});

test('a connection is made as it is asked for', async () => {
  const connection = { ...DEFAULT_CONNECTION_OPTIONS, ctrlLossTimeout: 1800, queues: 1 };
  await transport.attach(publish(), context(), connection);
  expect(kernel.requests).toEqual([expect.stringContaining(',nr_io_queues=1,')]);
  expect(kernel.requests).toEqual([expect.stringContaining(',ctrl_loss_tmo=1800,')]);
});

describe('an attach that fails', () => {
  test.each([
    ['ECONNREFUSED', 'unavailable', 'nothing listens'],
    ['EHOSTUNREACH', 'unavailable', 'no way'],
    ['ENOENT', 'unsupported', 'modprobe nvme-tcp'],
    ['EACCES', 'permission', 'privileged'],
    ['EINVAL', 'unsupported', 'options'],
  ])('says what %s means', async (code, kind, message) => {
    kernel.failures.set('all', failureOf(code));
    await expect(transport.attach(publish(), context())).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(message),
    });
  });

  test('asks the portal what EIO means, and quotes the kernel', async () => {
    const target = targetOf();
    await expect(transport.attach(target, context())).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining(`the kernel says: nvme nvme0: about ${target.nqn}`),
    });
    expect(kernel.asked).toEqual([`${target.nqn} 192.0.2.1:4420`]);
  });

  test('names another transport, a foreign NQN, an absent address', async () => {
    const { nqn, epoch, capacityBytes, mayFormat } = targetOf();
    const loop: Export = { nqn, epoch, capacityBytes, mayFormat, transport: 'loop', folder: '/x' };
    await expect(transport.attach(loop, context())).rejects.toMatchObject({ kind: 'invalid' });
    const foreign = { ...targetOf(), nqn: FOREIGN };
    await expect(transport.attach(foreign, context())).rejects.toMatchObject({ kind: 'invalid' });
    const nowhere = { ...targetOf(), addresses: [] };
    await expect(transport.attach(nowhere, context())).rejects.toMatchObject({ kind: 'invalid' });
    const named = { ...targetOf(), addresses: ['rds.example'] };
    await expect(transport.attach(named, context())).rejects.toMatchObject({ kind: 'invalid' });
    expect(kernel.requests).toEqual([]);
  });

  test('gives up where the namespace does not become a device, or not its node', async () => {
    const target = publish();
    kernel.exports.set(target.nqn, { sectors: 1, namespaceId: 1, shown: false });
    await expect(transport.attach(target, context())).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('about nvme0: '),
    });
    await transport.tidy(context());
    expect(kernel.controllers).toEqual([]);
    kernel.export(target.nqn);
    const identify = files.identify.bind(files);
    files.identify = async (path) => ({ ...(await identify(path)), number: '259:77' });
    await expect(transport.attach(target, context())).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('stops at the signal', async () => {
    const stop = new AbortController();
    const target = publish();
    kernel.exports.set(target.nqn, { sectors: 1, namespaceId: 1, shown: false });
    clock.tick = () => stop.abort(new Error('stopped'));
    await expect(transport.attach(target, detachedContext(stop.signal))).rejects.toThrow('stopped');
  });
});

describe('a connection', () => {
  test('that is down still counts as attached, and the device as not live', async () => {
    const target = publish();
    await transport.attach(target, context());
    kernel.setState('nvme0', 'connecting');
    expect(await transport.attach(target, context())).toMatchObject({ live: false });
    expect(kernel.requests).toHaveLength(1);
  });

  test('that the kernel is removing is waited for, then made anew', async () => {
    const target = publish();
    await transport.attach(target, context());
    kernel.setState('nvme0', 'deleting');
    clock.tick = () => {
      if (clock.slept >= 100) kernel.drop('nvme0');
    };
    expect(await transport.attach(target, context())).toMatchObject({ live: true });
    kernel.setState('nvme0', 'deleting (no IO)');
    clock.tick = () => undefined;
    await expect(transport.attach(target, context())).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('that the kernel gives up at once is no device', async () => {
    const target = publish();
    const connect = kernel.connect.bind(kernel);
    kernel.connect = async (options) => {
      const instance = await connect(options);
      kernel.drop(`nvme${instance}`);
      return instance;
    };
    await expect(transport.attach(target, context())).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('lost at once'),
    });
  });
});

describe('a device', () => {
  test('that was attached anew since is not detached for the one that was proven unused', async () => {
    const device = await transport.attach(publish(), context());
    kernel.drop('nvme0');
    kernel.nextInstances.push(5);
    await transport.attach(publish(), context());
    await expect(transport.detach(device, context())).rejects.toMatchObject({ kind: 'changed' });
    expect(kernel.controllers).toEqual(['nvme5']);
  });

  test('that the kernel does not let go is an error', async () => {
    const device = await transport.attach(publish(), context());
    kernel.stuck.add('nvme0');
    await expect(transport.detach(device, context())).rejects.toMatchObject({ kind: 'timeout' });
  });

  test('is cut off only while it is not live', async () => {
    const device = await transport.attach(publish(), context());
    await expect(transport.cut(device, context())).rejects.toMatchObject({ kind: 'in-use' });
    kernel.setState('nvme0', 'connecting');
    await transport.cut(device, context());
    expect(kernel.controllers).toEqual([]);
    await transport.cut(device, context());
  });

  test('is asked after at its own portals', async () => {
    const target = publish();
    const device = await transport.attach(target, context());
    expect(await transport.standing(device, context())).toEqual({ state: 'exported' });
    expect(await transport.standing(target, context())).toEqual({ state: 'exported' });
    kernel.exports.delete(target.nqn);
    expect(await transport.standing(device, context())).toMatchObject({ state: 'refused' });
    kernel.failures.set('all', failureOf('ECONNREFUSED'));
    expect(await transport.standing(device, context())).toMatchObject({ state: 'away' });
    kernel.drop('nvme0');
    await expect(transport.standing(device, context())).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('looking', () => {
  test('finds nothing where the modules are not loaded, but fails without sysfs', async () => {
    rmSync(join(folder, 'sys', 'class', 'nvme-subsystem'), { recursive: true });
    expect(await transport.list(context())).toEqual([]);
    rmSync(join(folder, 'sys', 'class'), { recursive: true });
    await expect(transport.list(context())).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('passes over a subsystem that only a mount still keeps, and over PCIe', async () => {
    const kept = join(folder, 'sys', 'class', 'nvme-subsystem', 'nvme-subsys7');
    mkdirSync(kept);
    writeFileSync(join(kept, 'subsysnqn'), `${targetOf().nqn}\n`);
    expect(await transport.find(id, context())).toEqual([]);
    mkdirSync(join(folder, 'sys', 'class', 'nvme', 'nvme7'));
    symlinkSync('../../nvme/nvme7', join(kept, 'nvme7'));
    kernel.write('class/nvme/nvme7/state', 'live');
    kernel.write('class/nvme/nvme7/address', '0000:00:04.0');
    expect(await transport.find(id, context())).toEqual([]);
  });
});
