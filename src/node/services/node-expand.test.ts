import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { VOLUME } from '../../../test/support/node/fake-node.ts';
import { NodeCalls } from '../../../test/support/node/node-calls.ts';
import { blockCapability, MiB, mountCapability } from '../../../test/support/node/node-requests.ts';
import { until } from '../../../test/support/until.ts';

let calls: NodeCalls;
let target: string;
beforeEach(() => {
  calls = new NodeCalls();
  target = calls.node.path('target');
});
afterEach(() => calls.node.close());

const expand = (volumePath: string, requiredBytes = 128n * MiB, volumeId: string = VOLUME) =>
  calls.rpc.nodeExpandVolume(
    {
      volumeId,
      volumePath,
      capacityRange: { requiredBytes, limitBytes: 0n },
      stagingTargetPath: calls.staging,
      volumeCapability: undefined,
      secrets: {},
    },
    calls.context,
  );
const grow = (bytes: bigint) => calls.node.transport.storageBytes.set(calls.target.nqn, bytes);
const grown = () => calls.node.commands.filter(([program]) => program === 'grow');

describe('expanding a file system', () => {
  beforeEach(async () => {
    await calls.stage();
    await calls.publish(target, mountCapability(), true);
  });

  test.each(['target', 'staging'])('by its %s path grows it where it is writable', async (name) => {
    grow(128n * MiB);
    expect(await expand(calls.node.path(name))).toEqual({ capacityBytes: 128n * MiB });
    expect(grown()).toEqual([['grow', '/dev/loop0', calls.staging]]);
  });

  test('waits for the kernel to see the new size', async () => {
    const expanding = expand(target);
    await until('it waits', () => calls.node.clock.sleeping > 0);
    grow(128n * MiB);
    calls.node.clock.advance(250);
    expect(await expanding).toEqual({ capacityBytes: 128n * MiB });
  });

  test('whose storage was lost while its growth was waited for is not touched', async () => {
    const failure = expand(target).catch((error: unknown) => error);
    await until('it waits', () => calls.node.clock.sleeping > 0);
    grow(128n * MiB);
    calls.node.transport.dead.add(calls.target.nqn);
    calls.node.clock.advance(250);
    expect(await failure).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('does not answer'),
    });
    expect(grown()).toEqual([]);
  });

  test('whose size does not show in time fails, and says when it grows', async () => {
    const failure = expand(target).catch((error: unknown) => error);
    await until('it waits', () => calls.node.clock.sleeping > 0);
    calls.node.clock.advance(1_000);
    expect(await failure).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('grows at the next attach'),
    });
    expect(grown()).toEqual([]);
  });

  test('that went read-only is refused', async () => {
    calls.showAs(calls.staging, { superOptions: ['ro'] });
    grow(128n * MiB);
    await expect(expand(target)).rejects.toMatchObject({ kind: 'precondition' });
  });

  test('that is mounted for readers only is refused', async () => {
    await calls.node.deps.mounter.unmount(calls.staging, calls.context);
    grow(128n * MiB);
    await expect(expand(target)).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('staged read-write'),
    });
  });

  test('without a size asked for grows to what is there', async () => {
    grow(96n * MiB);
    expect(await expand(target, 0n)).toEqual({ capacityBytes: 96n * MiB });
    expect(grown()).toHaveLength(1);
  });

  test('on a device that does not answer is not tried', async () => {
    calls.node.transport.dead.add(calls.target.nqn);
    await expect(expand(target)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('expanding raw block', () => {
  test('gives the new size, by the bound node and by the device node itself', async () => {
    await calls.stage(blockCapability());
    await calls.publish(target, blockCapability());
    grow(128n * MiB);
    expect(await expand(target)).toEqual({ capacityBytes: 128n * MiB });
    expect(await expand('/dev/loop0')).toEqual({ capacityBytes: 128n * MiB });
    expect(grown()).toEqual([]);
  });
});

describe('expanding what is not there', () => {
  test('is not found: no such volume, not attached, another path', async () => {
    await expect(expand(target, 1n, 'not ours')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(expand(target)).rejects.toMatchObject({ kind: 'not-found' });
    await calls.stage();
    await expect(expand(target)).rejects.toMatchObject({ kind: 'not-found' });
    calls.node.kernel.add({ mountPoint: target });
    await expect(expand(target)).rejects.toMatchObject({ kind: 'not-found' });
  });
});
