import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { NQNS, VOLUME } from '../../../test/support/node/fake-node.ts';
import { NodeCalls } from '../../../test/support/node/node-calls.ts';
import { blockCapability, exportFor, MiB } from '../../../test/support/node/node-requests.ts';
import { VolumeHealthErrorType as Status, StorageHealthErrorType } from '../../core/csi/generated/csi.ts';
import { NodeError } from '../node-error.ts';

let calls: NodeCalls;
beforeEach(() => {
  calls = new NodeCalls();
});
afterEach(() => calls.node.close());

const conditions = async () => {
  const request = { volumeId: VOLUME, volumePublishPath: '', stagingTargetPath: calls.staging };
  const { volumeHealth } = await calls.rpc.nodeGetVolumeHealth(request, calls.context);
  expect(volumeHealth?.volumeId).toBe(VOLUME);
  return volumeHealth?.healthStatuses;
};
const storage = async () =>
  (await calls.rpc.nodeGetStorageHealth({ secrets: {} }, calls.context)).backendHealth;

describe("a volume's health", () => {
  test('has nothing adverse while all is well, mounted or raw', async () => {
    await calls.stage();
    expect(await conditions()).toEqual([]);
    await calls.unstage();
    await calls.stage(blockCapability());
    expect(await conditions()).toEqual([]);
  });

  test('is not found where the volume is not', async () => {
    await expect(conditions()).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('tells a file system that went read-only', async () => {
    await calls.stage();
    calls.showAs(calls.staging, { superOptions: ['rw', 'emergency_ro'] });
    expect(await conditions()).toMatchObject([
      {
        status: Status.DEGRADED,
        reason: 'FilesystemReadOnly',
        message: expect.stringContaining(calls.staging),
      },
    ]);
  });

  test('tells a device that is gone from under its mount', async () => {
    await calls.stage();
    calls.node.transport.lose(calls.target.nqn);
    expect(await conditions()).toMatchObject([{ status: Status.INACCESSIBLE, reason: 'DeviceGone' }]);
  });

  test('tells a device that does not answer, and looks no further', async () => {
    await calls.stage();
    calls.node.transport.dead.add(calls.target.nqn);
    expect(await conditions()).toMatchObject([{ status: Status.INACCESSIBLE, reason: 'StorageUnreachable' }]);
  });

  test('tells a device that is smaller than its file system', async () => {
    await calls.stage();
    calls.node.content('/dev/loop0').filesystemBytes = 65n * MiB;
    expect(await conditions()).toMatchObject([{ status: Status.DATA_LOSS, reason: 'DeviceTooSmall' }]);
  });

  test('tells recorded errors', async () => {
    await calls.stage();
    calls.node.content('/dev/loop0').hasErrors = true;
    expect(await conditions()).toMatchObject([{ status: Status.DEGRADED, reason: 'FilesystemErrors' }]);
  });

  test('tells a file system that has shut down', async () => {
    await calls.stage();
    calls.node.files.dead.add(calls.staging);
    expect(await conditions()).toMatchObject([
      {
        status: Status.INACCESSIBLE,
        reason: 'FilesystemNotReadable',
        message: expect.stringContaining('EIO'),
      },
    ]);
  });

  test('tells a second epoch', async () => {
    await calls.stage();
    await calls.node.transport.attach(exportFor(NQNS, VOLUME, { epoch: '00000000000000bb' }));
    expect(await conditions()).toMatchObject([{ status: Status.DEGRADED, reason: 'SeveralEpochsAttached' }]);
  });

  test('has one entry for a reason that several devices have', async () => {
    await calls.stage();
    const older = exportFor(NQNS, VOLUME, { epoch: '00000000000000bb' });
    await calls.node.transport.attach(older);
    calls.node.transport.dead.add(calls.target.nqn).add(older.nqn);
    const found = (await conditions()) ?? [];
    expect(found.map(({ reason }) => reason)).toEqual(['SeveralEpochsAttached', 'StorageUnreachable']);
    expect(found[1]?.message).toMatch(/ does not answer.*; .* does not answer/);
  });
});

describe("the storage's health", () => {
  test('lists nothing while all devices answer', async () => {
    await calls.stage();
    expect(await storage()).toEqual([]);
  });

  test('names the volumes that do not answer', async () => {
    await calls.stage();
    calls.node.transport.dead.add(calls.target.nqn);
    expect(await storage()).toMatchObject([
      {
        status: StorageHealthErrorType.STORAGE_UNREACHABLE,
        reason: 'StorageUnreachable',
        message: expect.stringContaining(VOLUME),
      },
    ]);
  });

  test('tells a transport that cannot say', async () => {
    calls.node.transport.failure = new NodeError('unavailable', 'no sysfs');
    expect(await storage()).toMatchObject([{ message: 'loop: no sysfs' }]);
  });
});
