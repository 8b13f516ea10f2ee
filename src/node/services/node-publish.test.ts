import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NQNS, VOLUME } from '../../../test/support/node/fake-node.ts';
import { NodeCalls } from '../../../test/support/node/node-calls.ts';
import { blockCapability, exportFor, mountCapability } from '../../../test/support/node/node-requests.ts';
import { VolumeCapability_AccessMode_Mode as Mode } from '../../core/csi/generated/csi.ts';

let calls: NodeCalls;
let target: string;
beforeEach(() => {
  calls = new NodeCalls();
  target = calls.node.path('pods/a/mount');
});
afterEach(() => calls.node.close());

const forOnePod = mountCapability({ mode: Mode.SINGLE_NODE_SINGLE_WRITER });
const reader = mountCapability({ mode: Mode.MULTI_NODE_READER_ONLY });
const busyMount = (argv: readonly string[]) =>
  argv[0] === 'mount' ? { exitCode: 32, stdout: '', stderr: 'mount: permission denied' } : undefined;

describe('publishing a file system', () => {
  beforeEach(async () => {
    await calls.stage();
  });

  test('makes the target and binds the staging path to it', async () => {
    await calls.publish(target);
    expect(calls.mountsAt(target)).toMatchObject([{ source: '/dev/loop0', options: ['rw'] }]);
    expect(lstatSync(join(target, '..')).mode & 0o777).toBe(0o750);
  });

  test('ten times leaves one mount', async () => {
    for (let round = 0; round < 10; round++) await calls.publish(target);
    expect(calls.mountsAt(target)).toHaveLength(1);
  });

  test('read-only shows it read-only, and only there', async () => {
    await calls.publish(target, mountCapability(), true);
    await calls.publish(target, mountCapability(), true);
    expect(calls.mountsAt(target)[0]?.options).toContain('ro');
    expect(calls.mountsAt(calls.staging)[0]?.options).toContain('rw');
  });

  test('in another mode at the same path is a conflict', async () => {
    await calls.publish(target);
    await expect(calls.publish(target, mountCapability(), true)).rejects.toMatchObject({ kind: 'conflict' });
    await expect(calls.publish(target, blockCapability())).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('where something else is mounted is refused', async () => {
    mkdirSync(target, { recursive: true });
    calls.node.kernel.add({ mountPoint: target, source: 'foreign' });
    await expect(calls.publish(target)).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('foreign'),
    });
  });

  test('shares the volume between pods, unless it is for one alone', async () => {
    await calls.publish(target);
    const second = calls.node.path('pods/b/mount');
    await calls.publish(second);
    await expect(calls.publish(calls.node.path('pods/c/mount'), forOnePod)).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining(second),
    });
    await calls.publish(target, forOnePod);
  });

  test('for one pod alone takes no offence at mounts of a folder in it', async () => {
    calls.node.kernel.add({
      mountPoint: '/sub',
      root: '/sub',
      source: '/dev/loop0',
      device: '7:0',
      fsType: 'ext4',
    });
    await calls.publish(target, forOnePod);
    expect(calls.mountsAt(target)).toHaveLength(1);
  });

  test('that went read-only is refused', async () => {
    calls.showAs(calls.staging, { superOptions: ['rw', 'emergency_ro'] });
    await expect(calls.publish(target)).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('takes no writes'),
    });
    expect(existsSync(target)).toBe(false);
  });

  test('that failed leaves no target behind, but one that was there before', async () => {
    calls.node.intercept = busyMount;
    await expect(calls.publish(target)).rejects.toMatchObject({ kind: 'permission' });
    expect(existsSync(target)).toBe(false);
    mkdirSync(target);
    await expect(calls.publish(target)).rejects.toMatchObject({ kind: 'permission' });
    expect(existsSync(target)).toBe(true);
  });

  test('onto a file is refused', async () => {
    mkdirSync(join(target, '..'), { recursive: true });
    writeFileSync(target, '');
    await expect(calls.publish(target)).rejects.toMatchObject({ kind: 'precondition' });
  });

  test('on a device that does not answer is not tried', async () => {
    calls.node.transport.dead.add(calls.target.nqn);
    await expect(calls.publish(target)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('publishing what was staged for readers', () => {
  test('works for readers, not for writers', async () => {
    const { path } = await calls.node.transport.attach(calls.target);
    Object.assign(calls.node.content(path), {
      signature: 'ext4',
      filesystemBytes: calls.target.capacityBytes,
    });
    await calls.stage(reader);
    await calls.publish(target, reader);
    expect(calls.mountsAt(target)[0]?.options).toContain('ro');
    await expect(calls.publish(calls.node.path('b'))).rejects.toMatchObject({ kind: 'precondition' });
  });
});

describe('publishing what is not staged', () => {
  test('is refused: not attached, attached in another epoch, not mounted, no path', async () => {
    const notStaged = { kind: 'precondition', message: expect.stringContaining('not staged') };
    await expect(calls.publish(target)).rejects.toMatchObject(notStaged);
    await calls.stage();
    const later = exportFor(NQNS, VOLUME, { epoch: '00000000000000bb' });
    await expect(calls.publish(target, mountCapability(), false, later)).rejects.toMatchObject(notStaged);
    await calls.node.deps.mounter.unmount(calls.staging, calls.context);
    await expect(calls.publish(target)).rejects.toMatchObject(notStaged);
    Object.assign(calls, { staging: '' });
    await expect(calls.publish(target)).rejects.toMatchObject(notStaged);
    expect(existsSync(target)).toBe(false);
  });
});

describe('publishing raw block', () => {
  const block = blockCapability();
  beforeEach(async () => {
    await calls.stage(block);
  });

  test('binds the device node onto a file, ten times onto one', async () => {
    for (let round = 0; round < 10; round++) await calls.publish(target, block);
    expect(calls.mountsAt(target)).toMatchObject([{ fsType: 'devtmpfs', root: '/loop0' }]);
    expect(lstatSync(target).isFile()).toBe(true);
  });

  test('that shows another device afterwards is undone', async () => {
    calls.node.intercept = (argv) => {
      if (!argv.includes('--bind')) return undefined;
      calls.node.kernel.add({ mountPoint: target, root: '/loop1', fsType: 'devtmpfs' });
      return { exitCode: 0, stdout: '', stderr: '' };
    };
    calls.node.files.addBlock('/dev/loop1', '7:1');
    await expect(calls.publish(target, block)).rejects.toMatchObject({ kind: 'protocol' });
    expect(calls.mountsAt(target)).toEqual([]);
    expect(existsSync(target)).toBe(false);
  });

  test('by a node that stands for another device is undone', async () => {
    calls.node.files.addBlock('/dev/loop0', '7:5');
    await expect(calls.publish(target, block)).rejects.toMatchObject({
      kind: 'protocol',
      message: expect.stringContaining('did not show /dev/loop0 (7:0)'),
    });
    expect(calls.mountsAt(target)).toEqual([]);
    expect(existsSync(target)).toBe(false);
  });

  test('read-only makes the device itself refuse writes, unless somebody writes to it', async () => {
    await calls.publish(target, block, true);
    expect(await calls.node.transport.find(VOLUME)).toMatchObject([{ readonly: true }]);
    const other = calls.node.path('other');
    await expect(calls.publish(other, block)).rejects.toMatchObject({ kind: 'precondition' });
    await calls.unpublish(target);
    await calls.stage(block);
    await calls.publish(other, block);
    await expect(calls.publish(target, block, true)).rejects.toMatchObject({ kind: 'in-use' });
  });

  test('for one pod alone is refused at a second path', async () => {
    const alone = blockCapability(Mode.SINGLE_NODE_SINGLE_WRITER);
    await calls.publish(target, alone);
    await calls.publish(target, alone);
    await expect(calls.publish(calls.node.path('b'), alone)).rejects.toMatchObject({ kind: 'in-use' });
  });
});

describe('unpublishing', () => {
  test('unmounts and removes the target, and again is a success', async () => {
    await calls.stage();
    await calls.publish(target);
    await calls.unpublish(target);
    expect(calls.mountsAt(target)).toEqual([]);
    expect(existsSync(target)).toBe(false);
    await calls.unpublish(target);
    expect(calls.mountsAt(calls.staging)).toHaveLength(1);
  });

  test('removes the file of raw block', async () => {
    await calls.stage(blockCapability());
    await calls.publish(target, blockCapability());
    await calls.unpublish(target);
    expect(existsSync(target)).toBe(false);
  });

  test('never starts to unmount what does not answer', async () => {
    await calls.stage();
    await calls.publish(target);
    calls.node.transport.dead.add(calls.target.nqn);
    await expect(calls.unpublish(target)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(calls.mountsAt(target)).toHaveLength(1);
  });

  test('leaves alone what is mounted on the target and not of this volume, below or above', async () => {
    await calls.stage();
    await calls.publish(target);
    calls.node.kernel.add({ mountPoint: target, fsType: 'tmpfs', source: 'tmpfs' });
    await expect(calls.unpublish(target)).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('no volume of this driver'),
    });
    expect(calls.mountsAt(target)).toHaveLength(2);
  });

  test('fails when the unmount fails, and removes nothing', async () => {
    await calls.stage();
    await calls.publish(target);
    calls.node.intercept = (argv) =>
      argv[0] === 'umount' ? { exitCode: 32, stdout: '', stderr: 'target is busy' } : undefined;
    await expect(calls.unpublish(target)).rejects.toMatchObject({ kind: 'in-use' });
    expect(existsSync(target)).toBe(true);
  });

  test('leaves content alone that lies in an unmounted target', async () => {
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, 'precious'), 'data');
    await expect(calls.unpublish(target)).rejects.toMatchObject({ kind: 'precondition' });
    expect(existsSync(join(target, 'precious'))).toBe(true);
  });
});
