import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { NQNS, VOLUME } from '../../../test/support/node/fake-node.ts';
import { NodeCalls } from '../../../test/support/node/node-calls.ts';
import {
  blockCapability,
  exportFor,
  MiB,
  mountCapability,
  publishRequest,
  stageRequest,
} from '../../../test/support/node/node-requests.ts';
import { VolumeCapability_AccessMode_Mode as Mode } from '../../core/csi/generated/csi.ts';
import { Housekeeping } from './housekeeping.ts';

const SECRET = 'correct horse battery staple';
const NEXT = 'something else altogether';
let calls: NodeCalls;
let secrets: Record<string, string>;
beforeEach(() => {
  calls = new NodeCalls();
  secrets = { encryptionPassphrase: SECRET };
});
afterEach(() => {
  const seen = JSON.stringify([calls.node.commands, calls.logger.lines]);
  expect(seen).not.toContain(SECRET);
  expect(seen).not.toContain(NEXT);
  calls.node.close();
});

const luks = () => calls.node.luks;
const encrypted = (capability = mountCapability(), target = calls.target) => ({
  ...stageRequest(VOLUME, target, calls.staging, capability),
  volumeContext: { encrypted: 'true' },
  secrets,
});
const stage = (capability = mountCapability(), target = calls.target) =>
  calls.rpc.nodeStageVolume(encrypted(capability, target), calls.context);
const publish = (path: string, capability = mountCapability(), readonly = false) =>
  calls.rpc.nodePublishVolume(publishRequest(encrypted(capability), path, readonly), calls.context);
const cryptsetup = () =>
  calls.node.commands.filter(([program]) => program === 'cryptsetup').map(([, action]) => action);
const opened = () => [...luks().opened.keys()];
const lock = () => {
  const [found] = luks().locks.values();
  if (!found) throw new Error('nothing is locked');
  return found;
};
/** Detaches the volume, and attaches it again: the storage keeps what is on it. */
async function reattach(target = calls.target): Promise<void> {
  const [[from, kept] = []] = [...luks().locks];
  await calls.unstage();
  const { path } = await calls.node.transport.attach(target);
  if (from === undefined || !kept) return;
  luks().locks.delete(from);
  luks().locks.set(path, kept);
  calls.node.contents.set(path, calls.node.content(from));
}
const expand = (requiredBytes: bigint, volumePath = calls.staging) =>
  calls.rpc.nodeExpandVolume(
    {
      volumeId: VOLUME,
      volumePath,
      capacityRange: { requiredBytes, limitBytes: 0n },
      stagingTargetPath: calls.staging,
      volumeCapability: undefined,
      secrets: {},
    },
    calls.context,
  );

describe('staging an encrypted volume', () => {
  test('locks a blank device, opens it, and makes the file system on what was opened', async () => {
    await stage();
    expect(cryptsetup()).toEqual(['luksFormat', 'open', 'config']);
    expect(calls.node.commands).toContainEqual(['mkfs.ext4', '-f', '/dev/dm-0']);
    expect(calls.mountsAt(calls.staging)).toMatchObject([{ fsType: 'ext4', source: '/dev/dm-0' }]);
    expect(lock()).toMatchObject({ subsystem: 'rose-csi', passphrases: new Set([SECRET]) });
  });

  test('ends the right to format before the first mount', async () => {
    let subsystem: string | undefined;
    calls.node.intercept = (argv) => {
      if (argv[0] === 'mount') subsystem = lock().subsystem;
      return undefined;
    };
    await stage();
    expect(subsystem).toBe('rose-csi');
  });

  test('ten times opens and mounts once', async () => {
    for (let times = 0; times < 10; times++) await stage();
    expect(opened()).toHaveLength(1);
    expect(calls.mountsAt(calls.staging)).toHaveLength(1);
    expect(cryptsetup()).toEqual(['luksFormat', 'open', 'config']);
  });

  test('without a passphrase says where one comes from, and touches nothing', async () => {
    secrets = { encryptionPassphrase: '' };
    await expect(stage()).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: expect.stringContaining('csi.storage.k8s.io/node-stage-secret-name'),
    });
    expect(await calls.node.transport.list()).toEqual([]);
  });

  test('with a wrong passphrase opens nothing', async () => {
    await stage();
    await reattach();
    secrets = { encryptionPassphrase: 'wrong' };
    await expect(stage()).rejects.toMatchObject({ kind: 'permission' });
    expect(opened()).toEqual([]);
  });

  test('does not lock what carries anything else, nor what was restored', async () => {
    const attached = await calls.node.transport.attach(calls.target);
    calls.node.content(attached.path).signature = 'ext4';
    await expect(stage()).rejects.toMatchObject({
      message: expect.stringContaining("StorageClass's encrypted"),
    });
    calls.node.content(attached.path).signature = undefined;
    const restored = exportFor(NQNS, VOLUME, { mayFormat: false });
    await expect(stage(mountCapability(), restored)).rejects.toMatchObject({ kind: 'precondition' });
    calls.node.content(attached.path).stainAt = 100n;
    await expect(stage()).rejects.toMatchObject({ message: expect.stringContaining('not blank') });
    expect(cryptsetup()).toEqual([]);
  });

  test('repeats a format of the file system that was interrupted, in whatever epoch', async () => {
    calls.node.intercept = (argv) =>
      argv[0] === 'mkfs.ext4' ? { exitCode: 1, stdout: '', stderr: 'killed' } : undefined;
    await expect(stage()).rejects.toMatchObject({ kind: 'unavailable' });
    calls.node.intercept = () => undefined;
    const newer = exportFor(NQNS, VOLUME, { epoch: '00000000000000bb' });
    await reattach(newer);
    await stage(mountCapability(), newer);
    expect(cryptsetup()).toEqual(['luksFormat', 'open', 'close', 'open', 'config']);
  });

  test('does not lock again what another node may have locked meanwhile, after its own attempt was interrupted', async () => {
    const shared = blockCapability(Mode.MULTI_NODE_MULTI_WRITER);
    calls.node.intercept = (argv) =>
      argv[1] === 'luksFormat' ? { exitCode: 1, stdout: '', stderr: 'killed' } : undefined;
    await expect(stage(shared)).rejects.toMatchObject({ kind: 'unavailable' });
    calls.node.intercept = () => undefined;
    const [attached] = await calls.node.transport.list();
    if (!attached) throw new Error('it is not attached');
    calls.node.content(attached.path).stainAt = 100n;
    await expect(stage(shared)).rejects.toMatchObject({ message: expect.stringContaining('not blank') });
    expect(cryptsetup()).toEqual(['luksFormat']);
  });

  test('never makes a second file system, however empty the opened device looks', async () => {
    await stage();
    await reattach();
    calls.node.contents.delete('/dev/dm-0');
    await expect(stage()).rejects.toMatchObject({ kind: 'precondition' });
    expect(calls.node.programs().filter((program) => program === 'mkfs.ext4')).toHaveLength(1);
  });

  test('for readers opens it read-only, and writes no header', async () => {
    await stage();
    await reattach();
    secrets = { encryptionPassphrase: NEXT, encryptionPassphrasePrevious: SECRET };
    await stage(mountCapability({ mode: Mode.MULTI_NODE_READER_ONLY }));
    expect(calls.node.commands).toContainEqual(expect.arrayContaining(['open', '--readonly']));
    expect(lock().passphrases).toEqual(new Set([SECRET]));
  });
});

describe('a passphrase', () => {
  beforeEach(async () => {
    await stage(blockCapability());
    await reattach();
    calls.node.commands.length = 0;
    secrets = { encryptionPassphrase: NEXT, encryptionPassphrasePrevious: SECRET };
  });

  test('is replaced when the previous one is given too, and stays so', async () => {
    for (let times = 0; times < 2; times++) {
      await stage(blockCapability());
      await reattach();
    }
    expect(lock().passphrases).toEqual(new Set([NEXT]));
    expect(cryptsetup().filter((action) => action?.startsWith('luks'))).toEqual([
      'luksAddKey',
      'luksRemoveKey',
    ]);
  });

  test('of which only the addition was done before is replaced to the end', async () => {
    lock().passphrases.add(NEXT);
    await stage(blockCapability());
    expect(lock().passphrases).toEqual(new Set([NEXT]));
    expect(cryptsetup()).not.toContain('luksAddKey');
  });

  test('that was added, but opens nothing, does not cost the previous one', async () => {
    calls.node.intercept = (argv) =>
      argv[1] === 'luksAddKey' ? { exitCode: 0, stdout: '', stderr: '' } : undefined;
    await expect(stage(blockCapability())).rejects.toMatchObject({ kind: 'unavailable' });
    expect(lock().passphrases).toEqual(new Set([SECRET]));
  });

  test('is not replaced while another node may write the same header', async () => {
    await stage(blockCapability(Mode.MULTI_NODE_MULTI_WRITER));
    expect(lock().passphrases).toEqual(new Set([SECRET]));
  });
});

describe('an encrypted volume that is staged', () => {
  test('is published, measured, grown and unstaged by what it was opened as', async () => {
    await stage(blockCapability());
    const target = calls.node.path('target');
    await publish(target, blockCapability());
    expect(calls.mountsAt(target)).toMatchObject([{ root: '/dm-0' }]);
    calls.node.transport.storageBytes.set(calls.target.nqn, 128n * MiB);
    expect(await expand(128n * MiB, target)).toEqual({ capacityBytes: 128n * MiB });
    const request = { volumeId: VOLUME, volumePath: target, stagingTargetPath: '' };
    const { usage } = await calls.rpc.nodeGetVolumeStats(request, calls.context);
    expect(usage).toMatchObject([{ total: 112n * MiB }]);
    await expect(calls.unstage()).rejects.toMatchObject({ kind: 'in-use' });
    expect(opened()).toHaveLength(1);
    await calls.unpublish(target);
    await calls.unstage();
    expect(opened()).toEqual([]);
    expect(await calls.node.transport.list()).toEqual([]);
  });

  test('that grew while it was away is opened whole, and its file system grows', async () => {
    await stage();
    await expand(64n * MiB);
    calls.node.transport.storageBytes.set(calls.target.nqn, 256n * MiB);
    await calls.node.transport.rescan((await calls.node.transport.list())[0] as never);
    await stage();
    expect(calls.node.content('/dev/dm-0').filesystemBytes).toBe(240n * MiB);
  });

  test('is not published as one that is not encrypted', async () => {
    await stage();
    await expect(calls.publish(calls.node.path('target'))).rejects.toMatchObject({ kind: 'precondition' });
  });

  test('loses its device: what is left is unmounted and closed by the next unstage', async () => {
    await stage();
    calls.node.transport.lose(calls.target.nqn);
    expect(opened()).toHaveLength(1);
    await calls.unstage();
    expect(calls.mountsAt(calls.staging)).toEqual([]);
    expect(opened()).toEqual([]);
  });

  test('loses its device: what is left is closed by the node itself once nobody uses it', async () => {
    await stage(blockCapability());
    const target = calls.node.path('target');
    await publish(target, blockCapability());
    calls.node.transport.lose(calls.target.nqn);
    const housekeeping = new Housekeeping(calls.node.deps, calls.logger);
    await housekeeping.sweep(calls.context);
    expect(opened()).toHaveLength(1);
    await calls.unpublish(target);
    await housekeeping.sweep(calls.context);
    expect(opened()).toEqual([]);
  });

  test('loses its device: what is left and open somewhere keeps nothing else from being closed', async () => {
    await stage(blockCapability());
    calls.node.transport.lose(calls.target.nqn);
    calls.node.intercept = (argv) =>
      argv[1] === 'close' ? { exitCode: 5, stdout: '', stderr: 'device is busy' } : undefined;
    await new Housekeeping(calls.node.deps, calls.logger).sweep(calls.context);
    await calls.unstage();
    expect(opened()).toHaveLength(1);
    expect(JSON.stringify(calls.logger.lines)).toContain('is still used');
  });

  test('in an epoch that is over is cut off, closed, and opened anew in the newer one', async () => {
    await stage();
    const newer = exportFor(NQNS, VOLUME, { epoch: '00000000000000bb' });
    calls.node.transport.dead.add(calls.target.nqn);
    calls.node.transport.standings.set(calls.target.nqn, {
      state: 'refused',
      why: 'unknown',
      reason: 'gone',
    });
    const before = opened();
    const moved = lock();
    luks().locks.set('/dev/loop1', moved);
    calls.node.contents.set('/dev/loop1', { ...calls.node.content('/dev/loop0') });
    await stage(mountCapability(), newer);
    expect(calls.node.transport.cutOff).toEqual([calls.target.nqn]);
    expect(opened()).toHaveLength(1);
    expect(opened()).not.toEqual(before);
    expect(calls.mountsAt(calls.staging)).toMatchObject([{ source: '/dev/dm-0' }]);
  });
});
