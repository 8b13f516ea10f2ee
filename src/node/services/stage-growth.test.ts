import { afterEach, beforeEach, expect, test } from 'bun:test';
import { NodeCalls } from '../../../test/support/node/node-calls.ts';
import { MiB } from '../../../test/support/node/node-requests.ts';

let calls: NodeCalls;
beforeEach(() => {
  calls = new NodeCalls();
});
afterEach(() => calls.node.close());

const growthFails = (stderr: string) => {
  calls.node.intercept = (argv) => (argv[0] === 'grow' ? { exitCode: 1, stdout: '', stderr } : undefined);
};

test('grows a file system that is smaller than its device', async () => {
  await calls.carry(32n * MiB);
  await calls.stage();
  expect(calls.node.commands).toContainEqual(['grow', '/dev/loop0', calls.staging]);
});

test('says what is missing where the kernel does not let it grow', async () => {
  await calls.carry(32n * MiB);
  growthFails('Permission denied to resize');
  await expect(calls.stage()).rejects.toMatchObject({
    kind: 'permission',
    message: expect.stringContaining('CAP_SYS_RESOURCE'),
  });
});

test('leaves no mount where growing fails: after a refusal kubelet asks for no unstage', async () => {
  await calls.carry(32n * MiB);
  growthFails('Permission denied to resize');
  await expect(calls.stage()).rejects.toMatchObject({ kind: 'permission' });
  expect(calls.mountsAt(calls.staging)).toEqual([]);
});

test('leaves a mount alone that was there before growing failed', async () => {
  await calls.stage();
  Object.assign(calls.node.content('/dev/loop0'), { filesystemBytes: 32n * MiB });
  growthFails('Permission denied to resize');
  await expect(calls.stage()).rejects.toMatchObject({ kind: 'permission' });
  expect(calls.mountsAt(calls.staging)).toHaveLength(1);
});

test('grows it on a repeated call, if the first could not', async () => {
  await calls.carry(32n * MiB);
  growthFails('no space for descriptors');
  await expect(calls.stage()).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('no space for descriptors'),
  });
  calls.node.intercept = () => undefined;
  await calls.stage();
  expect(calls.node.content('/dev/loop0').filesystemBytes).toBe(64n * MiB);
  expect(calls.mountsAt(calls.staging)).toHaveLength(1);
});
