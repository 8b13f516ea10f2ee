import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { FakeNode, NQNS, VOLUME } from '../../../test/support/node/fake-node.ts';
import { exportFor, MiB } from '../../../test/support/node/node-requests.ts';
import { until } from '../../../test/support/until.ts';
import { detachedContext } from '../../core/call-context.ts';
import type { AttachedDevice } from '../transports/transport.ts';
import type { Formattable } from './formatter.ts';

let node: FakeNode;
let device: AttachedDevice;
const context = detachedContext(AbortSignal.timeout(60_000));
beforeEach(async () => {
  node = new FakeNode();
  device = await node.transport.attach(exportFor(NQNS, VOLUME));
});
afterEach(() => node.close());

const prepare = (change: Partial<Formattable> & { fsType?: string } = {}) => {
  const format = node.deps.filesystems.get(change.fsType ?? 'ext4');
  if (!format) throw new Error('no such file system');
  const { intents: notes } = node.deps;
  const volume = { volumeId: VOLUME, device, format, readonly: false, mayFormat: true, notes, ...change };
  return node.deps.formatter.prepare(volume, context);
};
const refused = (text: string) => ({ kind: 'precondition', message: expect.stringContaining(text) });
const intent = () => node.deps.intents.has(device.nqn);

describe('a blank device', () => {
  test('is formatted, without force, and the intent is gone afterwards', async () => {
    let during: string[] = [];
    node.intercept = (argv) => {
      if (argv[0] === 'mkfs.ext4') during = readdirSync(node.path('state'));
      return undefined;
    };
    expect(await prepare()).toMatchObject({ sizeBytes: 64n * MiB });
    expect(during).toHaveLength(1);
    expect(node.commands).toContainEqual(['mkfs.ext4', device.path]);
    expect(await intent()).toBe(false);
  });

  test('is not formatted when its content is somebody’s by origin', async () => {
    await expect(prepare({ mayFormat: false })).rejects.toMatchObject(refused('restored or cloned'));
    expect(node.programs()).toEqual([]);
  });

  test('is not formatted for readers', async () => {
    await expect(prepare({ readonly: true })).rejects.toMatchObject(refused('no file system'));
    expect(node.programs()).toEqual([]);
  });

  test('that is too small is refused, with the size it takes', async () => {
    device = { ...device, sizeBytes: 8n * MiB };
    await expect(prepare()).rejects.toMatchObject(refused('16 MiB'));
    expect(await intent()).toBe(false);
  });

  test('that a process writes to is formatted once that has ended, and refused if it goes on', async () => {
    for (const name of ['fd', 'fdinfo']) mkdirSync(node.path(`proc/99/${name}`), { recursive: true });
    symlinkSync(device.path, node.path('proc/99/fd/3'));
    writeFileSync(node.path('proc/99/fdinfo/3'), 'flags:\t0100002\n');
    const refusal = prepare().catch((error: unknown) => error);
    await until('it waits', () => node.clock.sleeping === 1);
    node.clock.advance(3_000);
    expect(await refusal).toMatchObject({ kind: 'in-use', message: expect.stringContaining('pid 99') });
    expect(node.programs()).toEqual([]);
    const formatted = prepare();
    await until('it waits', () => node.clock.sleeping === 1);
    rmSync(node.path('proc/99'), { recursive: true });
    node.clock.advance(20);
    expect(await formatted).toMatchObject({ sizeBytes: 64n * MiB });
  });

  test('that somebody uses is left alone', async () => {
    node.files.held.add(device.path);
    await expect(prepare()).rejects.toMatchObject({ kind: 'in-use' });
    expect(node.programs()).toEqual([]);
  });
});

describe('a device that is not blank', () => {
  test('is used if it carries the wanted file system', async () => {
    Object.assign(node.content(device.path), { signature: 'ext4', filesystemBytes: 32n * MiB });
    expect(await prepare()).toMatchObject({ sizeBytes: 32n * MiB });
    expect(node.programs()).toEqual([]);
  });

  test.each([
    ['xfs', 'filesystem'],
    ['LVM2_member', 'raid'],
    ['crypto_LUKS', 'crypto'],
    ['gpt', ''],
  ])('is refused if it carries %s, naming found and wanted', async (signature, usage) => {
    Object.assign(node.content(device.path), { signature, usage });
    await expect(prepare()).rejects.toMatchObject(refused(`carries ${signature}, wanted is ext4`));
    expect(node.programs()).toEqual([]);
  });

  test('is refused if it carries something unknown, with the offset', async () => {
    node.content(device.path).stainAt = 64n * MiB - 1n;
    await expect(prepare()).rejects.toMatchObject(refused('offset 67108863'));
    expect(node.programs()).toEqual([]);
  });

  test('is refused if its file system is larger than itself', async () => {
    Object.assign(node.content(device.path), { signature: 'ext4', filesystemBytes: 65n * MiB });
    await expect(prepare()).rejects.toMatchObject(refused('part of it is missing'));
  });

  test('is refused for readers if it needs recovery, not for writers', async () => {
    Object.assign(node.content(device.path), {
      signature: 'ext4',
      filesystemBytes: 64n * MiB,
      needsRecovery: true,
    });
    await expect(prepare({ readonly: true })).rejects.toMatchObject(refused('not unmounted cleanly'));
    expect(await prepare()).toMatchObject({ needsRecovery: true });
  });
});

describe('a format that was interrupted', () => {
  const crash = async () => {
    node.intercept = (argv) =>
      argv[0] === 'mkfs.ext4' ? { exitCode: 1, stdout: '', stderr: 'killed half-way' } : undefined;
    await expect(prepare()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('killed half-way'),
    });
    node.intercept = () => undefined;
    node.content(device.path).stainAt = 0n;
  };

  test('is repeated in the same epoch, with force, whatever lies there', async () => {
    await crash();
    expect(await intent()).toBe(true);
    Object.assign(node.content(device.path), { signature: 'xfs' });
    expect(await prepare()).toMatchObject({ sizeBytes: 64n * MiB });
    expect(node.commands).toContainEqual(['mkfs.ext4', '-f', device.path]);
    expect(await intent()).toBe(false);
  });

  test('is not repeated in another epoch', async () => {
    await crash();
    device = { ...device, nqn: `${device.nqn.slice(0, -1)}f` };
    await expect(prepare()).rejects.toMatchObject(refused('offset 0'));
  });

  test('is not finished for readers, nor once the content is somebody’s', async () => {
    await crash();
    await expect(prepare({ readonly: true })).rejects.toMatchObject(refused('interrupted'));
    await expect(prepare({ mayFormat: false })).rejects.toMatchObject(refused('never formatted'));
  });

  test('counts as interrupted while the result does not show', async () => {
    node.intercept = (argv) =>
      argv[0] === 'mkfs.ext4' ? { exitCode: 0, stdout: '', stderr: '' } : undefined;
    await expect(prepare()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('carries nothing'),
    });
    expect(await intent()).toBe(true);
  });
});
