import { afterAll, describe, expect, test } from 'bun:test';
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { VolumeCapability_AccessMode_Mode as Mode } from '../../src/core/csi/generated/csi.ts';
import type { CommandRunner } from '../../src/node/exec/command-runner.ts';
import { NodeError } from '../../src/node/node-error.ts';
import { MiB, mountCapability } from '../support/node/node-requests.ts';
import { until } from '../support/until.ts';
import { Host } from './support/host.ts';
import { realNode } from './support/node.ts';
import { requirePrograms } from './support/requirements.ts';
import { sh } from './support/shell.ts';
import { MAY_NOT_GROW, mayGrowExt4, mountsAt, NodeRig } from './support/volumes.ts';

requirePrograms({ 'mkfs.ext4': 'e2fsprogs', 'mkfs.xfs': 'xfsprogs', 'mkfs.btrfs': 'btrfs-progs' });
const host = new Host();
afterAll(() => host.close());
const rig = new NodeRig(host);

function writeSynced(path: string, text: string): void {
  const file = openSync(path, 'w');
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Kills mkfs as soon as it has written something, as a crash of the node would. */
class CrashingMkfs implements CommandRunner {
  image = '';
  late = false;
  readonly #real = realNode().runner;

  async run(argv: readonly [string, ...string[]], options: Parameters<CommandRunner['run']>[1]) {
    if (!argv[0].startsWith('mkfs.') || this.image === '') return this.#real.run(argv, options);
    await (this.late ? this.#lastWriteMissing(argv, options) : this.#killed(argv));
    throw new NodeError('timeout', 'the node crashed inside mkfs');
  }

  /** At whatever moment it writes; all that it has written by then may be zeros. */
  async #killed(argv: readonly [string, ...string[]]): Promise<void> {
    const crash = new AbortController();
    const running = this.#real.run(argv, { signal: crash.signal }).catch(() => undefined);
    await until('mkfs writes', () => statSync(this.image).blocks > 0);
    crash.abort(new NodeError('timeout', 'crashed'));
    await running;
  }

  /** mkfs.xfs writes the primary superblock last, so that what it leaves before is no file system. */
  async #lastWriteMissing(
    argv: readonly [string, ...string[]],
    options: Parameters<CommandRunner['run']>[1],
  ) {
    await this.#real.run(argv, options);
    const device = openSync(argv.at(-1) ?? '', 'r+');
    writeSync(device, new Uint8Array(4096), 0, 4096, 0);
    fsyncSync(device);
    closeSync(device);
  }
}

const XFS_SIZE = 304n * MiB;

describe.each([
  ['ext4', 64n * MiB],
  ['xfs', XFS_SIZE],
  ['btrfs', 256n * MiB],
])('%s', (fsType, SIZE) => {
  const writer = mountCapability({ fsType });
  const reader = mountCapability({ fsType, mode: Mode.MULTI_NODE_READER_ONLY });

  test('is made once, keeps data over an unstage, and says its true size', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage(writer);
    writeFileSync(join(volume.staging, 'data'), 'kept');
    const { sizeBytes, path } = await volume.device();
    const filesystem = rig.deps.filesystems.get(fsType);
    const superblock = await rig.deps.readDevice(
      { path, sizeBytes },
      AbortSignal.timeout(10_000),
      (device) => {
        if (!filesystem) throw new Error(fsType);
        return filesystem.superblock(device, AbortSignal.timeout(10_000));
      },
    );
    expect(superblock.sizeBytes).toBe(SIZE);
    await volume.unstage();
    await volume.stage(writer);
    expect(readFileSync(join(volume.staging, 'data'), 'utf8')).toBe('kept');
    await volume.unstage();
  });

  test('grows when it was restored to a larger volume, once, with its data', async () => {
    const source = rig.newVolume(SIZE);
    await source.stage(writer);
    writeFileSync(join(source.staging, 'data'), 'restored');
    await source.unstage();
    const volume = rig.restored(source, 2n * SIZE);
    const allowed = fsType !== 'ext4' || mayGrowExt4();
    for (const _again of [1, 2]) {
      if (allowed) await volume.stage(writer);
      else await expect(volume.stage(writer)).rejects.toMatchObject(MAY_NOT_GROW);
    }
    if (!allowed) {
      expect(await mountsAt(volume.staging)).toEqual([]);
      await volume.stage(reader); // For readers nothing grows.
    }
    const [bytes] = await volume.usage(volume.staging);
    expect(bytes?.total).toBeGreaterThan(((allowed ? 2n * SIZE : SIZE) * 3n) / 4n);
    expect(readFileSync(join(volume.staging, 'data'), 'utf8')).toBe('restored');
    await volume.unstage();
  });

  test('that was not unmounted cleanly is refused for readers, and left as it is', async () => {
    const source = rig.newVolume(SIZE);
    await source.stage(writer);
    sh('sync', '-f', source.staging);
    writeSynced(join(source.staging, 'data'), 'written before the crash');
    const crashed = rig.restored(source);
    const before = Bun.hash(readFileSync(crashed.image));
    await expect(crashed.stage(reader)).rejects.toMatchObject({ kind: 'precondition' });
    expect(await mountsAt(crashed.staging)).toEqual([]);
    await crashed.unstage();
    expect(Bun.hash(readFileSync(crashed.image))).toBe(before);
    await crashed.stage(writer);
    expect(readFileSync(join(crashed.staging, 'data'), 'utf8')).toBe('written before the crash');
    await crashed.unstage();
    await source.unstage();
  });

  test('is read by readers without a byte being written', async () => {
    const volume = rig.newVolume(SIZE);
    await volume.stage(writer);
    writeFileSync(join(volume.staging, 'data'), 'to be read');
    await volume.unstage();
    const before = Bun.hash(readFileSync(volume.image));
    await volume.stage(reader);
    await volume.stage(reader);
    expect(await volume.device()).toMatchObject({ readonly: true });
    expect(readFileSync(join(volume.staging, 'data'), 'utf8')).toBe('to be read');
    expect(() => writeFileSync(join(volume.staging, 'data'), 'x')).toThrow('EROFS');
    await volume.unstage();
    expect(Bun.hash(readFileSync(volume.image))).toBe(before);
  });

  test('that lost its end is refused', async () => {
    const source = rig.newVolume(SIZE);
    await source.stage(writer);
    await source.unstage();
    const volume = rig.restored(source, SIZE - 16n * MiB);
    await expect(volume.stage(writer)).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('part of it is missing'),
    });
    await volume.unstage();
  });

  test('is not made on a device too small for it', async () => {
    const volume = rig.newVolume(8n * MiB);
    await expect(volume.stage(writer)).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('ask for a larger volume'),
    });
    await volume.unstage();
  });
});

test('an xfs is mounted beside its restored copy, which has the same UUID', async () => {
  const capability = mountCapability({ fsType: 'xfs' });
  const source = rig.newVolume(XFS_SIZE);
  await source.stage(capability);
  await source.unstage();
  const copy = rig.restored(source);
  await source.stage(capability);
  await copy.stage(capability);
  expect(await mountsAt(copy.staging)).toHaveLength(1);
  await copy.unstage();
  await source.unstage();
});

describe('a crash inside mkfs', () => {
  const runner = new CrashingMkfs();
  const crashing = new NodeRig(host, runner);
  const capability = mountCapability({ fsType: 'xfs' });
  const crashed = async (late: boolean) => {
    const volume = crashing.newVolume(XFS_SIZE);
    runner.image = volume.image;
    runner.late = late;
    await expect(volume.stage(capability)).rejects.toThrow('crashed inside mkfs');
    runner.image = '';
    expect(await mountsAt(volume.staging)).toEqual([]);
    return volume;
  };

  test.each([
    ['early', false],
    ['late', true],
  ])('%s is repaired by formatting again in the same epoch', async (_, late) => {
    const volume = await crashed(late);
    await volume.unstage();
    await volume.stage(capability);
    writeFileSync(join(volume.staging, 'data'), 'usable');
    expect(await crashing.deps.intents.has(volume.target.nqn)).toBe(false);
    await volume.unstage();
  });

  test('that did not end mkfs itself is not repaired under its hands, but once it has ended', async () => {
    const volume = await crashed(true);
    const { path } = await volume.device();
    // mkfs.btrfs does not claim its device: an exclusive open does not see it.
    const orphan = Bun.spawn(['sh', '-c', 'exec 3<>"$1"; echo open; exec cat', 'sh', path], {
      stdin: 'pipe',
      stdout: 'pipe',
    });
    host.atEnd(() => orphan.kill());
    await orphan.stdout.getReader().read();
    await expect(volume.stage(capability)).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining(`pid ${orphan.pid}`),
    });
    expect(await mountsAt(volume.staging)).toEqual([]);
    const stage = volume.stage(capability);
    await orphan.stdin.end();
    await orphan.exited;
    await stage;
    await volume.unstage();
  });

  test('leaves a device that no other epoch formats', async () => {
    const volume = await crashed(true);
    await volume.unstage();
    volume.publishAnew();
    await expect(volume.stage(mountCapability())).rejects.toMatchObject({ kind: 'precondition' });
    await volume.unstage();
  });
});
