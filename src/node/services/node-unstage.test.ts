import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { NQNS, VOLUME } from '../../../test/support/node/fake-node.ts';
import { NodeCalls } from '../../../test/support/node/node-calls.ts';
import { blockCapability, exportFor, mountCapability } from '../../../test/support/node/node-requests.ts';
import { volumeId } from '../../core/storage/volume-id.ts';
import { NodeError } from '../node-error.ts';

let calls: NodeCalls;
beforeEach(() => {
  calls = new NodeCalls();
});
afterEach(() => calls.node.close());

const attached = () => calls.node.transport.list();

describe('unstaging', () => {
  test('unmounts, detaches, and again is a success', async () => {
    await calls.stage();
    await calls.unstage();
    expect(calls.mountsAt(calls.staging)).toEqual([]);
    expect(calls.node.transport.detached).toEqual([calls.target.nqn]);
    await calls.unstage();
    expect(await attached()).toEqual([]);
  });

  test('detaches raw block, which has no mount', async () => {
    await calls.stage(blockCapability());
    await calls.unstage();
    expect(await attached()).toEqual([]);
  });

  test('detaches every epoch of the volume, and no other volume', async () => {
    await calls.stage();
    await calls.node.transport.attach(exportFor(NQNS, VOLUME, { epoch: '00000000000000bb' }));
    const other = exportFor(NQNS, volumeId('mock', 'csi-volume2'));
    await calls.node.transport.attach(other);
    await calls.unstage();
    expect((await attached()).map(({ nqn }) => nqn)).toEqual([other.nqn]);
  });

  test('refuses while a pod has it mounted, and has touched nothing', async () => {
    await calls.stage();
    await calls.publish(calls.node.path('target'));
    await expect(calls.unstage()).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining(calls.node.path('target')),
    });
    expect(calls.mountsAt(calls.staging)).toHaveLength(1);
    expect(calls.node.transport.detached).toEqual([]);
    await calls.unpublish(calls.node.path('target'));
    await calls.unstage();
    expect(await attached()).toEqual([]);
  });

  test('refuses while somebody in another mount namespace holds it, and goes on later', async () => {
    await calls.stage();
    calls.node.files.held.add('/dev/loop0');
    await expect(calls.unstage()).rejects.toMatchObject({ kind: 'in-use' });
    expect(calls.node.transport.detached).toEqual([]);
    calls.node.files.held.clear();
    await calls.unstage();
    expect(calls.node.transport.detached).toEqual([calls.target.nqn]);
  });

  test('never starts to unmount what does not answer', async () => {
    await calls.stage();
    calls.node.transport.dead.add(calls.target.nqn);
    await expect(calls.unstage()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(calls.node.programs()).not.toContain('umount');
    expect(calls.mountsAt(calls.staging)).toHaveLength(1);
  });

  test('fails when the unmount fails', async () => {
    await calls.stage();
    calls.node.intercept = (argv) =>
      argv[0] === 'umount' ? { exitCode: 32, stdout: '', stderr: 'target is busy' } : undefined;
    await expect(calls.unstage()).rejects.toMatchObject({ kind: 'in-use' });
    expect(calls.node.transport.detached).toEqual([]);
  });

  test('fails when a transport cannot say what is attached', async () => {
    calls.node.transport.failure = new NodeError('unavailable', 'no sysfs');
    await expect(calls.unstage()).rejects.toMatchObject({ message: 'no sysfs' });
  });
});

describe('a staging path that shows something else', () => {
  test('is left alone if it is another volume', async () => {
    const other = exportFor(NQNS, volumeId('mock', 'csi-other'));
    const { path } = await calls.node.transport.attach(other);
    calls.node.kernel.add({ mountPoint: calls.staging, source: path, fsType: 'ext4', device: '7:0' });
    await expect(calls.unstage()).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('mock/csi-other'),
    });
    expect(calls.mountsAt(calls.staging)).toHaveLength(1);
  });

  test('is left alone if it is nothing of ours', async () => {
    calls.node.kernel.add({ mountPoint: calls.staging });
    await expect(calls.unstage()).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('no volume of this driver'),
    });
  });

  test.each(['ext4', 'btrfs'])(
    'is unmounted if it is an %s whose device is gone, and that is logged',
    async (fsType) => {
      await calls.stage(mountCapability({ fsType }));
      calls.node.transport.lose(calls.target.nqn);
      await calls.unstage();
      expect(calls.mountsAt(calls.staging)).toEqual([]);
      expect(calls.logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    },
  );

  test('is left alone if it is a btrfs whose device is there, but not ours', async () => {
    const source = calls.node.addDisk('vdb', '254:16');
    calls.node.kernel.add({ mountPoint: calls.staging, source, fsType: 'btrfs', device: '0:46' });
    await expect(calls.unstage()).rejects.toMatchObject({ kind: 'precondition' });
  });
});
