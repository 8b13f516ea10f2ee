import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { VOLUME } from '../../../test/support/node/fake-node.ts';
import { NodeCalls } from '../../../test/support/node/node-calls.ts';
import { blockCapability, MiB } from '../../../test/support/node/node-requests.ts';
import { VolumeUsage_Unit as Unit } from '../../core/csi/generated/csi.ts';
import { getVolumeStats } from './node-stats.ts';
import { StatfsReader } from './statfs-reader.ts';

let calls: NodeCalls;
let target: string;
beforeEach(() => {
  calls = new NodeCalls();
  target = calls.node.path('target');
});
afterEach(() => calls.node.close());

const stats = (totalInodes = 100n, volumePath = target) => {
  const usage = { totalBytes: 1000n, usedBytes: 300n, availableBytes: 650n, totalInodes, freeInodes: 40n };
  const statfs = new StatfsReader(calls.node.clock, 1_000, async () => usage);
  const request = { volumeId: VOLUME, volumePath, stagingTargetPath: '' };
  return getVolumeStats({ ...calls.node.deps, statfs })(request, calls.context);
};

describe('volume statistics', () => {
  test('of a file system are bytes and inodes', async () => {
    await calls.stage();
    await calls.publish(target);
    expect(await stats()).toEqual({
      usage: [
        { unit: Unit.BYTES, total: 1000n, used: 300n, available: 650n },
        { unit: Unit.INODES, total: 100n, used: 60n, available: 40n },
      ],
    });
  });

  test('say nothing of inodes where their number is not fixed', async () => {
    await calls.stage();
    expect((await stats(0n, calls.staging)).usage).toMatchObject([{ unit: Unit.BYTES }]);
  });

  test('of raw block are its size', async () => {
    await calls.stage(blockCapability());
    await calls.publish(target, blockCapability());
    expect(await stats()).toEqual({
      usage: [{ unit: Unit.BYTES, total: 64n * MiB, used: 0n, available: 0n }],
    });
  });

  test('of a path where the volume is not are not found', async () => {
    await expect(stats()).rejects.toMatchObject({ kind: 'not-found' });
    await calls.stage();
    await expect(stats()).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('of a device that does not answer are not waited for', async () => {
    await calls.stage();
    calls.node.transport.dead.add(calls.target.nqn);
    await expect(stats(1n, calls.staging)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
