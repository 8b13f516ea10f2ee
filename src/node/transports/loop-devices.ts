import { basename, join } from 'node:path';
import { readAttribute, readNames } from '../devices/sysfs.ts';
import { failureText } from '../exec/command-failure.ts';
import type { CommandRunner } from '../exec/command-runner.ts';
import { NodeError } from '../node-error.ts';

/** A loop device that is set up. */
export interface LoopDevice {
  /** The kernel's name, such as `loop3`. */
  readonly name: string;
  /** `major:minor`. */
  readonly number: string;
  /**
   * The last component of the backing file's path. The folder means nothing: the kernel gives the path as it was
   * in the mount namespace of whoever set the device up, which ends with his container.
   */
  readonly fileName: string;
  /** It goes by itself at the last close. */
  readonly autoclear: boolean;
  /** The name that it was set up by was removed since. */
  readonly unlinked: boolean;
}

/** What the kernel appends to a path whose last link was removed (d_path); the file itself lives on. */
const UNLINKED = / \(deleted\)$/;

/** The loop devices of this node, by sysfs; its paths are whole, where the ioctl's are cut at 64 characters. */
export class LoopDevices {
  readonly #sys: string;
  readonly #runner: CommandRunner;

  constructor(sys: string, runner: CommandRunner) {
    this.#sys = sys;
    this.#runner = runner;
  }

  /** @throws NodeError `unavailable` */
  async list(): Promise<readonly LoopDevice[]> {
    const names = await readNames(join(this.#sys, 'block'));
    if (!names) throw new NodeError('unavailable', `${this.#sys}/block does not exist; is sysfs mounted?`);
    const found = await Promise.all(names.filter(isLoop).map((name) => this.get(name)));
    return found.filter((device) => device !== undefined);
  }

  /** One device; undefined while it is not set up. @throws NodeError `unavailable` */
  async get(name: string): Promise<LoopDevice | undefined> {
    const folder = join(this.#sys, 'block', name);
    // First, because a node may have dozens of loop devices that are not set up.
    const file = await readAttribute(join(folder, 'loop', 'backing_file'));
    if (!file) return undefined;
    const [number, autoclear] = await Promise.all([
      readAttribute(join(folder, 'dev')),
      readAttribute(join(folder, 'loop', 'autoclear')),
    ]);
    if (number === undefined) return undefined;
    const fileName = basename(file.replace(UNLINKED, ''));
    return { name, number, fileName, autoclear: autoclear === '1', unlinked: UNLINKED.test(file) };
  }

  /**
   * The identity of the backing file, `device:inode` as in `FileIdentity`; undefined if the device is not set up.
   * @throws NodeError `protocol`, and what the runner throws
   */
  async backingInode(path: string, signal: AbortSignal): Promise<string | undefined> {
    const argv = ['losetup', '--list', '--noheadings', '--output', 'BACK-MAJ:MIN,BACK-INO', path] as const;
    const result = await this.#runner.run(argv, { signal });
    const answer = result.stdout.trim();
    if (result.exitCode === 0 && answer === '') return undefined;
    const match = /^(\d+:\d+)\s+(\d+)$/.exec(answer);
    if (result.exitCode === 0 && match) return `${match[1]}:${match[2]}`;
    throw new NodeError('protocol', `cannot tell the backing file of ${path}: ${failureText(result)}`);
  }
}

const isLoop = (name: string): boolean => /^loop\d+$/.test(name);

/** The kernel's name of a loop device's node. @throws NodeError `invalid` */
export function loopName(path: string): string {
  const name = basename(path);
  if (!isLoop(name)) throw new NodeError('invalid', `${path} is no loop device`);
  return name;
}
