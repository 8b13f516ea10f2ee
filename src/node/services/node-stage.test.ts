import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { NQNS, VOLUME } from '../../../test/support/node/fake-node.ts';
import { NodeCalls } from '../../../test/support/node/node-calls.ts';
import {
  blockCapability,
  exportFor,
  MiB,
  mountCapability,
  stageRequest,
} from '../../../test/support/node/node-requests.ts';
import { VolumeCapability_AccessMode_Mode as Mode } from '../../core/csi/generated/csi.ts';
import { DEFAULT_CONNECTION_OPTIONS } from '../../core/storage/connection-options.ts';
import { NodeError } from '../node-error.ts';

let calls: NodeCalls;
beforeEach(() => {
  calls = new NodeCalls();
});
afterEach(() => calls.node.close());

const reader = mountCapability({ mode: Mode.MULTI_NODE_READER_ONLY });
const older = exportFor(NQNS, VOLUME, { epoch: '00000000000000bb' });
const device = async () => {
  const [found] = await calls.node.transport.find(VOLUME);
  if (!found) throw new Error('nothing is attached');
  return found;
};
test('a volume is attached as its volume context says, and refused where that can never be right', async () => {
  const staged = stageRequest(VOLUME, calls.target, calls.staging);
  await calls.rpc.nodeStageVolume(
    { ...staged, volumeContext: { pool: 'fast', ctrlLossTimeout: '1800', fastIoFailTimeout: 'off' } },
    calls.context,
  );
  expect(calls.node.transport.connections).toEqual([
    { ...DEFAULT_CONNECTION_OPTIONS, ctrlLossTimeout: 1800 },
  ]);
  const endless = { ...staged, volumeContext: { ctrlLossTimeout: '-1' } };
  await expect(calls.rpc.nodeStageVolume(endless, calls.context)).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: expect.stringContaining(
      'volume_context.ctrlLossTimeout is "-1"; allowed: whole seconds from 10',
    ),
  });
});

test('what was modified of a connection comes with the publication, and wins over the volume context', async () => {
  const staged = stageRequest(VOLUME, calls.target, calls.staging);
  const volumeContext = { ctrlLossTimeout: '1800', reconnectDelay: '2' };
  const publishContext = { ...staged.publishContext, ctrlLossTimeout: '60', queues: '2' };
  await calls.rpc.nodeStageVolume({ ...staged, volumeContext, publishContext }, calls.context);
  expect(calls.node.transport.connections).toEqual([
    { ...DEFAULT_CONNECTION_OPTIONS, ctrlLossTimeout: 60, reconnectDelay: 2, queues: 2 },
  ]);
  const wrong = { ...staged, publishContext: { ...publishContext, queues: '0' } };
  await expect(calls.rpc.nodeStageVolume(wrong, calls.context)).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: expect.stringContaining('publish_context.queues is "0"; allowed: a whole number from 1 to 128'),
  });
});

describe('staging a file system', () => {
  test('formats a blank volume and mounts it with its flags', async () => {
    await calls.stage(mountCapability({ flags: ['noatime'] }));
    expect(calls.mountsAt(calls.staging)).toMatchObject([{ fsType: 'ext4', source: '/dev/loop0' }]);
    expect(calls.node.commands).toContainEqual(expect.arrayContaining(['--options', 'rw,nouuid,noatime']));
    expect(calls.node.programs()).toEqual(['mkfs.ext4', 'mount']);
  });

  test('mounts only after the intent to format is gone', async () => {
    let notes: string[] | undefined;
    calls.node.intercept = (argv) => {
      if (argv[0] === 'mount') notes = readdirSync(calls.node.path('state'));
      return undefined;
    };
    await calls.stage();
    expect(notes).toEqual([]);
  });

  test('again changes nothing', async () => {
    for (let round = 0; round < 10; round++) await calls.stage();
    expect(calls.mountsAt(calls.staging)).toHaveLength(1);
    expect(calls.node.programs()).toEqual(['mkfs.ext4', 'mount']);
  });

  test('takes ext4 where no type is asked for, and btrfs by its source', async () => {
    await calls.stage(mountCapability({ fsType: '' }));
    expect(calls.mountsAt(calls.staging)).toMatchObject([{ fsType: 'ext4' }]);
    await calls.unstage();
    calls.node.content('/dev/loop1');
    const fresh = exportFor(NQNS, VOLUME, { epoch: '00000000000000cc' });
    await calls.stage(mountCapability({ fsType: 'btrfs' }), fresh);
    await calls.stage(mountCapability({ fsType: 'btrfs' }), fresh);
    expect(calls.mountsAt(calls.staging)).toMatchObject([{ fsType: 'btrfs', device: '0:45' }]);
  });

  test('warns of a file system with recorded errors', async () => {
    await calls.carry(64n * MiB, { hasErrors: true });
    await calls.stage();
    expect(calls.logger.with('file system has recorded errors')).toHaveLength(1);
  });

  test('another file system or access mode than it is staged with is a conflict', async () => {
    await calls.stage();
    await expect(calls.stage(mountCapability({ fsType: 'xfs' }))).rejects.toMatchObject({ kind: 'conflict' });
    await expect(calls.stage(reader)).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('read-only'),
    });
  });

  test('what somebody else mounted on the staging path is left alone', async () => {
    const source = calls.node.addDisk('vda', '254:0');
    calls.node.kernel.add({ mountPoint: calls.staging, source, fsType: 'ext4', device: '254:0' });
    await expect(calls.stage()).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('/dev/vda'),
    });
    expect(calls.node.programs()).toEqual([]);
  });

  test.each([['ro'], ['emergency_ro'], ['shutdown']])(
    'a file system that became %s is not used',
    async (option) => {
      await calls.stage();
      calls.showAs(calls.staging, { superOptions: ['rw', option] });
      await expect(calls.stage()).rejects.toMatchObject({
        kind: 'precondition',
        message: expect.stringContaining('takes no writes'),
      });
    },
  );

  test('a mount that comes out read-only is taken away again', async () => {
    calls.node.intercept = (argv) => {
      if (argv[0] !== 'mount') return undefined;
      const found = { mountPoint: calls.staging, source: '/dev/loop0', fsType: 'ext4', device: '7:0' };
      calls.node.kernel.add({ ...found, superOptions: ['ro'] });
      return { exitCode: 0, stdout: '', stderr: '' };
    };
    await expect(calls.stage()).rejects.toMatchObject({ kind: 'precondition' });
    expect(calls.mountsAt(calls.staging)).toEqual([]);
  });
});

describe('staging for readers', () => {
  test('makes the device read-only first, and mounts without replay', async () => {
    await calls.carry(32n * MiB);
    await calls.stage(reader);
    expect(calls.node.programs()).toEqual(['blockdev', 'mount']);
    expect(calls.node.commands).toContainEqual(expect.arrayContaining(['--options', 'ro,norecovery']));
    expect(await device()).toMatchObject({ readonly: true });
    await calls.stage(reader);
    expect(calls.node.programs()).toEqual(['blockdev', 'mount']);
  });

  test('refuses what needs recovery', async () => {
    await calls.carry(64n * MiB, { needsRecovery: true });
    await expect(calls.stage(reader)).rejects.toMatchObject({ kind: 'precondition' });
    expect(calls.mountsAt(calls.staging)).toEqual([]);
  });

  test('says what may help where the kernel refuses the mount', async () => {
    await calls.carry(64n * MiB);
    calls.node.intercept = (argv) =>
      argv[0] === 'mount' ? { exitCode: 32, stdout: '', stderr: 'cannot mount read-only' } : undefined;
    await expect(calls.stage(reader)).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('stage it read-write once'),
    });
    calls.node.intercept = (argv) =>
      argv[0] === 'mount' ? { exitCode: 32, stdout: '', stderr: 'permission denied' } : undefined;
    await expect(calls.stage(reader)).rejects.toMatchObject({ kind: 'permission' });
  });

  test('and then for a writer makes it writable again', async () => {
    await calls.carry(64n * MiB);
    await calls.stage(reader);
    await calls.node.deps.mounter.unmount(calls.staging, calls.context);
    await calls.stage();
    expect(await device()).toMatchObject({ readonly: false });
  });
});

describe('staging raw block', () => {
  test('attaches, and mounts nothing', async () => {
    await calls.stage(blockCapability());
    await calls.stage(blockCapability());
    expect(await device()).toMatchObject({ nqn: calls.target.nqn, readonly: false });
    expect(calls.node.programs()).toEqual([]);
  });

  test('for readers makes the device read-only', async () => {
    await calls.stage(blockCapability(Mode.MULTI_NODE_READER_ONLY));
    expect(await device()).toMatchObject({ readonly: true });
  });

  test('ends the right to repeat a format', async () => {
    await calls.node.deps.intents.record(calls.target.nqn);
    await calls.stage(blockCapability());
    expect(await calls.node.deps.intents.has(calls.target.nqn)).toBe(false);
  });
});

describe('the device', () => {
  test('of an older epoch is detached if nobody uses it', async () => {
    await calls.node.transport.attach(older);
    await calls.stage();
    expect(calls.node.transport.detached).toEqual([older.nqn]);
    expect(await device()).toMatchObject({ nqn: calls.target.nqn });
  });

  test('of an older epoch that is used is left, and nothing is staged', async () => {
    const { path } = await calls.node.transport.attach(older);
    calls.node.kernel.add({ mountPoint: '/pod', source: path, fsType: 'ext4', device: '7:0' });
    await expect(calls.stage()).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining('mounted at /pod'),
    });
    expect(calls.node.transport.detached).toEqual([]);
    expect(calls.mountsAt(calls.staging)).toEqual([]);
  });

  test('of an older epoch that does not answer is not touched', async () => {
    await calls.node.transport.attach(older);
    calls.node.transport.dead.add(older.nqn);
    await expect(calls.stage()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(calls.node.transport.detached).toEqual([]);
  });

  test('that is smaller than the volume is looked at again, then refused', async () => {
    calls.node.transport.storageBytes.set(calls.target.nqn, 32n * MiB);
    await expect(calls.stage()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/64 MiB.*32 MiB/),
    });
    calls.node.transport.storageBytes.set(calls.target.nqn, 64n * MiB);
    await calls.stage();
    expect(calls.mountsAt(calls.staging)).toHaveLength(1);
  });

  test('that does not answer is not mounted', async () => {
    calls.node.transport.dead.add(calls.target.nqn);
    await expect(calls.stage()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('does not answer'),
    });
    expect(calls.node.commands).toEqual([]);
  });

  test('that cannot be attached fails the call', async () => {
    calls.node.transport.failure = new NodeError('unavailable', 'no sysfs');
    await expect(calls.stage()).rejects.toMatchObject({ message: 'no sysfs' });
  });
});

describe('a request that can never be right', () => {
  const stage = (change: object) =>
    calls.rpc.nodeStageVolume(
      { ...stageRequest(VOLUME, calls.target, calls.staging), ...change },
      calls.context,
    );
  const invalid = (text: string) => ({
    code: status.INVALID_ARGUMENT,
    message: expect.stringContaining(text),
  });

  test('has no access type', async () => {
    const volumeCapability = { accessType: undefined, accessMode: undefined };
    await expect(stage({ volumeCapability })).rejects.toMatchObject(invalid('access_type'));
  });

  test('has an access mode that cannot be had', async () => {
    const volumeCapability = mountCapability({ mode: Mode.MULTI_NODE_MULTI_WRITER });
    await expect(stage({ volumeCapability })).rejects.toMatchObject(invalid('MULTI_NODE_MULTI_WRITER'));
  });

  test('has a file system that is not known', async () => {
    const volumeCapability = mountCapability({ fsType: 'zfs' });
    await expect(stage({ volumeCapability })).rejects.toMatchObject(invalid('ext4, xfs, btrfs'));
  });

  test('has mount flags that are not its own business', async () => {
    const volumeCapability = mountCapability({ flags: ['remount'] });
    await expect(stage({ volumeCapability })).rejects.toMatchObject(invalid('remount'));
  });

  test('has a mount group', async () => {
    const mount = { fsType: 'ext4', mountFlags: [], volumeMountGroup: '1000' };
    const volumeCapability = { ...mountCapability(), accessType: { $case: 'mount', mount } };
    await expect(stage({ volumeCapability })).rejects.toMatchObject(invalid('volume_mount_group'));
  });

  test('has a publish context that is broken, or of another volume', async () => {
    await expect(stage({ publishContext: {} })).rejects.toMatchObject(invalid('publish_context.epoch'));
    const { publishContext } = stageRequest(VOLUME, calls.target, calls.staging);
    const foreign = { ...publishContext, epoch: '00000000000000ff' };
    await expect(stage({ publishContext: foreign })).rejects.toMatchObject(invalid('publish_context.nqn'));
  });

  test('has an id that is none of ours', async () => {
    await expect(stage({ volumeId: 'not ours' })).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('asks for a transport that this node does not have', async () => {
    const { publishContext } = stageRequest(VOLUME, calls.target, calls.staging);
    const nvme = {
      ...publishContext,
      transport: 'nvme-tcp',
      addresses: '10.0.0.1',
      port: '4420',
      namespaceId: '1',
    };
    await expect(stage({ publishContext: nvme })).rejects.toMatchObject({ kind: 'unsupported' });
  });
});
