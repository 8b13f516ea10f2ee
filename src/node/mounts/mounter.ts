import type { CallContext } from '../../core/call-context.ts';
import type { ErrorKind } from '../../core/driver-error.ts';
import { type DeviceFiles, SystemDeviceFiles } from '../devices/device-files.ts';
import { failureText } from '../exec/command-failure.ts';
import type { CommandResult, CommandRunner } from '../exec/command-runner.ts';
import { NodeError } from '../node-error.ts';
import { canonical, type Mount, type MountTable } from './mount-table.ts';
import { mergeFlags, missingFlags } from './vfs-flags.ts';

export interface FilesystemMount {
  readonly device: string;
  /** An existing folder on which nothing is mounted. */
  readonly target: string;
  readonly fsType: string;
  readonly options: readonly string[];
}

export interface BindMount {
  readonly source: string;
  /** An existing folder or file, as the source is, on which nothing is mounted. */
  readonly target: string;
  /** Of a device node this protects nothing: that takes `BlockDevices.setReadonly`. */
  readonly readonly: boolean;
  /** Flags of a single mount such as `noexec`; options of the file system are passed over, they came with its mount. */
  readonly options: readonly string[];
}

/** More layers on one path are a fault somewhere that a person should see. */
const MAX_LAYERS = 100;
/** `--internal-only`: no helper programs; `--no-mtab`: the kernel's table is the only one. */
const MOUNT = ['mount', '--no-mtab', '--internal-only'] as const;
/** `--no-canonicalize`: a look at the mount point could hang on a dead file system. */
const UMOUNT = ['umount', '--no-mtab', '--internal-only', '--no-canonicalize'] as const;

/** What mount(8) and umount(8) say, with the kind of it and what helps. */
const FAILURES: readonly (readonly [RegExp, ErrorKind, string])[] = [
  [/busy|already mounted/, 'in-use', 'stop what has it open or mounted'],
  [/does not exist|No such file/, 'not-found', 'stage the volume again'],
  [/permission denied|must be superuser/, 'permission', 'the node plugin needs CAP_SYS_ADMIN'],
];
const REFUSED: (typeof FAILURES)[number] = [
  /(?:)/,
  'precondition',
  'the kernel log (dmesg) tells more; check mountOptions, and the file system offline (fsck)',
];

/** Mounts and unmounts by mount(8); whether it is done is read from the kernel's table, never believed. */
export class Mounter {
  readonly #runner: CommandRunner;
  readonly #table: MountTable;
  readonly #files: DeviceFiles;

  constructor(runner: CommandRunner, table: MountTable, files: DeviceFiles = new SystemDeviceFiles()) {
    this.#runner = runner;
    this.#table = table;
    this.#files = files;
  }

  /**
   * @throws NodeError `in-use` something is mounted on the target, or somebody holds the device · `not-found` ·
   * `permission` · `precondition` the kernel refuses the file system · `protocol` something else was mounted
   */
  async mountFilesystem(mount: FilesystemMount, context: CallContext): Promise<void> {
    const { device, target, fsType, options } = mount;
    await this.#assertFree(target);
    const { number } = await this.#files.identify(device);
    const flags = options.length > 0 ? ['--options', options.join(',')] : [];
    const result = await this.#runner.run([...MOUNT, '--types', fsType, ...flags, device, target], context);
    const top = await this.#top(target);
    if (result.exitCode === 0 && top?.fsType === fsType && (await this.#isOf(top, number))) return;
    const failure = failed(`cannot mount ${device} as ${fsType} on ${target}`, result);
    throw top ? await this.#undone(target, failure, context) : failure;
  }

  /**
   * Shows the source, a folder or a device node, at the target too. All or nothing: a bind that could not be made
   * read-only, or not with its flags, is taken away again.
   * @throws NodeError `in-use` something is mounted on the target · `not-found` · `permission` · `precondition` ·
   * `protocol` the target shows something else, or lacks a flag
   */
  async bind(mount: BindMount, context: CallContext): Promise<void> {
    await this.#assertFree(mount.target);
    try {
      await this.#bind(mount, context);
    } catch (error) {
      throw await this.#undone(mount.target, error, context);
    }
  }

  /**
   * Removes every layer that is mounted on the target; nothing mounted is a success. Never lazy, never forced.
   * @throws NodeError `in-use` a file or folder there is open · `precondition` more layers than can be right ·
   * `protocol`, `timeout`
   */
  async unmount(target: string, context: CallContext): Promise<void> {
    const path = (await canonical(target)) ?? target;
    for (let layer = 0; layer < MAX_LAYERS; layer++) {
      const before = await this.#table.at(path);
      if (before.length === 0) return;
      const result = await this.#runner.run([...UMOUNT, path], context);
      const after = await this.#table.at(path);
      if (after.length >= before.length) throw failed(`cannot unmount ${target}`, result);
    }
    throw new NodeError('precondition', `${target} has more than ${MAX_LAYERS} mounts; unmount them by hand`);
  }

  async #bind({ source, target, readonly, options }: BindMount, context: CallContext): Promise<void> {
    const bound = await this.#runner.run([...MOUNT, '--bind', source, target], context);
    const top = await this.#top(target);
    if (bound.exitCode !== 0 || !top) throw failed(`cannot bind ${source} to ${target}`, bound);
    await this.#assertSame(source, target);
    const asked = readonly ? [...options, 'ro'] : options;
    const flags = mergeFlags(top.options, asked);
    if (flags.every((flag) => top.options.includes(flag))) return;
    const remount = ['remount', 'bind', ...flags].join(',');
    const set = await this.#runner.run([...MOUNT, '--options', remount, target], context);
    const missing = missingFlags(flags, (await this.#top(target))?.options ?? []);
    if (set.exitCode === 0 && missing.length === 0) return;
    throw failed(`cannot set ${missing.join(',') || remount} on ${target}`, set);
  }

  async #assertFree(target: string): Promise<void> {
    const top = await this.#top(target);
    if (top) throw new NodeError('in-use', `${top.source} is mounted on ${target} already; unmount it first`);
  }

  async #assertSame(source: string, target: string): Promise<void> {
    const [from, to] = await Promise.all([this.#files.identify(source), this.#files.identify(target)]);
    // Device-mapper's device has two nodes, and mount(8) takes its own choice; what they stand for is what counts.
    const sameDevice = from.kind === 'block' && to.kind === 'block' && from.number === to.number;
    if (sameDevice || (from.inode === to.inode && from.number === to.number)) return;
    throw new NodeError('protocol', `${target} shows something else than ${source} after the bind`);
  }

  /** btrfs has an anonymous number (major 0), and may name its device differently than it was asked for. */
  async #isOf(mount: Mount, number: string): Promise<boolean> {
    if (mount.device === number || !mount.device.startsWith('0:')) return mount.device === number;
    return this.#files.identify(mount.source).then(
      (source) => source.number === number,
      () => false,
    );
  }

  async #top(target: string): Promise<Mount | undefined> {
    return (await this.#table.at(target)).at(-1);
  }

  /** Unmounts what must not stay, even if the caller gave up meanwhile (the runner limits it), and gives the error. */
  async #undone(target: string, error: unknown, context: CallContext): Promise<unknown> {
    try {
      await this.unmount(target, { ...context, signal: new AbortController().signal });
      return error;
    } catch (undo) {
      context.logger.error({ target, err: undo }, 'unfinished mount could not be taken away');
      return new NodeError(
        'protocol',
        `${text(error)}; and what was mounted could not be taken away: ${text(undo)}`,
        {
          uncertain: true,
          cause: error,
        },
      );
    }
  }
}

function failed(what: string, result: CommandResult): NodeError {
  if (result.exitCode === 0) return new NodeError('protocol', `${what}: the mount table shows otherwise`);
  const failure = FAILURES.find(([pattern]) => pattern.test(result.stderr));
  const [, kind, remedy] = failure ?? REFUSED;
  return new NodeError(kind, `${what}: ${failureText(result)}; ${remedy}`);
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
