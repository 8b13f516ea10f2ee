import { basename, dirname, join } from 'node:path';
import type { CallContext } from '../../core/call-context.ts';
import { failureText } from '../exec/command-failure.ts';
import type { CommandRunner } from '../exec/command-runner.ts';
import { NodeError } from '../node-error.ts';
import { type DeviceFiles, SystemDeviceFiles } from './device-files.ts';
import { type IoCounters, readIoCounters } from './io-counters.ts';
import { readAttribute, readNames, readTarget } from './sysfs.ts';

/** A block device as the kernel has it now. */
export interface BlockDevice {
  readonly path: string;
  /** `major:minor`. */
  readonly number: string;
  readonly sizeBytes: bigint;
  readonly readonly: boolean;
}

/** Sizes in sysfs count these, whatever the device's own block size (Documentation/ABI/stable/sysfs-block). */
const SECTOR_BYTES = 512n;

/** The block devices of this node, by sysfs. */
export class BlockDevices {
  readonly #roots: { readonly sys: string; readonly dev: string };
  readonly #runner: CommandRunner;
  readonly #files: DeviceFiles;

  /** @param roots normally `/sys` and `/dev` */
  constructor(
    roots: { readonly sys: string; readonly dev: string },
    runner: CommandRunner,
    files: DeviceFiles = new SystemDeviceFiles(),
  ) {
    this.#roots = roots;
    this.#runner = runner;
    this.#files = files;
  }

  /**
   * The device of that `major:minor`, under its kernel's name in the device folder.
   * @throws NodeError `unavailable`, `protocol`
   */
  async byNumber(number: string): Promise<BlockDevice | undefined> {
    const link = await readTarget(this.#folder(number));
    if (link === undefined) return undefined;
    return this.#read(number, join(this.#roots.dev, kernelName(link)));
  }

  /**
   * The device behind a node, wherever the node stands; the answer carries the path that was asked for.
   * @throws NodeError `not-found` · `invalid` no block device · `precondition` the node's name belongs to another
   * device of the kernel · `unavailable`, `protocol`
   */
  async describe(path: string): Promise<BlockDevice> {
    const { kind, number } = await this.#files.identify(path);
    if (kind !== 'block') throw new NodeError('invalid', `${path} is no block device`);
    const link = await readTarget(this.#folder(number));
    const device = link === undefined ? undefined : await this.#read(number, path);
    if (link === undefined || !device) {
      throw new NodeError('not-found', `the kernel has no block device ${number} behind ${path}`);
    }
    await this.#assertNodeIsOf(path, kernelName(link));
    return device;
  }

  /**
   * Makes the kernel refuse writes to the device, or take them again (BLKROSET).
   * @throws NodeError `not-found`, `protocol` it did not take effect, and what the runner throws
   */
  async setReadonly(path: string, readonly: boolean, context: CallContext): Promise<void> {
    const result = await this.#runner.run(['blockdev', readonly ? '--setro' : '--setrw', path], context);
    const device = await this.describe(path);
    if (result.exitCode === 0 && device.readonly === readonly) return;
    const wanted = readonly ? 'read-only' : 'writable';
    throw new NodeError('protocol', `${path} did not become ${wanted}: ${failureText(result)}`);
  }

  /** What the device has done; undefined where it is gone. @throws NodeError `unavailable`, `protocol` */
  io(number: string): Promise<IoCounters | undefined> {
    return readIoCounters(this.#folder(number));
  }

  /**
   * The kernel's names of what stands on the device or on one of its partitions (device-mapper, md, bcache).
   * Empty where the device does not exist.
   * @throws NodeError `unavailable`
   */
  async holders(number: string): Promise<readonly string[]> {
    const folder = this.#folder(number);
    const names = (await readNames(folder)) ?? [];
    const partitions = await Promise.all(
      names.map(async (name) => ((await readAttribute(join(folder, name, 'partition'))) ? [name] : [])),
    );
    const held = await Promise.all(
      ['.', ...partitions.flat()].map((part) => readNames(join(folder, part, 'holders'))),
    );
    return [...new Set(held.flatMap((holders) => holders ?? []))].sort();
  }

  /**
   * Whether somebody has the device mounted or claimed, in whatever mount namespace. Never ask it of a device that
   * is not live: the open may wait for it.
   * @throws NodeError `not-found`, `unavailable`
   */
  isHeldExclusively(path: string): Promise<boolean> {
    return this.#files.isHeldExclusively(path);
  }

  #folder(number: string): string {
    if (!/^\d+:\d+$/.test(number)) throw new NodeError('invalid', `'${number}' is no major:minor`);
    return join(this.#roots.sys, 'dev', 'block', number);
  }

  async #read(number: string, path: string): Promise<BlockDevice | undefined> {
    const folder = this.#folder(number);
    const [sectors, readonly] = await Promise.all([
      readAttribute(join(folder, 'size')),
      readAttribute(join(folder, 'ro')),
    ]);
    if (sectors === undefined || readonly === undefined) return undefined;
    if (!/^\d+$/.test(sectors) || !/^[01]$/.test(readonly)) {
      throw new NodeError('protocol', `sysfs says size '${sectors}' and ro '${readonly}' of ${path}`);
    }
    return { path, number, sizeBytes: BigInt(sectors) * SECTOR_BYTES, readonly: readonly === '1' };
  }

  /** A stale node in the device folder would lead to somebody else's data: names there are the kernel's. */
  async #assertNodeIsOf(path: string, name: string): Promise<void> {
    if (dirname(path) !== this.#roots.dev || basename(path) === name) return;
    if ((await readTarget(path)) !== undefined) return;
    throw new NodeError('precondition', `${path} stands for ${name}: a stale device node, remove it`);
  }
}

/** sysfs writes `!` for a slash in a device's name (kobject_set_name_vargs). */
const kernelName = (link: string): string => basename(link).replaceAll('!', '/');
