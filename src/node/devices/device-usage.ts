import { basename } from 'node:path';
import { abortable } from '../../core/abortable.ts';
import type { CallContext } from '../../core/call-context.ts';
import type { MountTable, NamespacedMount } from '../mounts/mount-table.ts';
import { goneWith } from '../mounts/propagation.ts';
import { NodeError } from '../node-error.ts';
import type { BlockDevices } from './block-devices.ts';

export interface DeviceRef {
  readonly path: string;
  /** `major:minor`. */
  readonly number: string;
  /** Other paths of its node, such as device-mapper's. */
  readonly aliases?: readonly string[];
  /** The kernel's name of what of ours stands on it, which does not count as a user. */
  readonly upper?: string;
}

/** Where a bind mount of a device node comes from: the kernel's own /dev, or a container's. */
const DEVICE_FOLDERS = new Set(['devtmpfs', 'tmpfs']);
/** What mountinfo appends to a root that was unlinked while mounted. */
const UNLINKED = /\/\/deleted$/;

/**
 * Who uses a block device. To be asked right before it is disconnected or detached: the kernel takes a mounted
 * device away without a word, and what its users write then is lost.
 */
export class DeviceUsage {
  readonly #mounts: MountTable;
  readonly #devices: BlockDevices;

  constructor(mounts: MountTable, devices: BlockDevices) {
    this.#mounts = mounts;
    this.#devices = devices;
  }

  /**
   * The users as texts for people; empty: nobody has it. A process that merely opened the device is not seen.
   * @throws NodeError `not-found`, `unavailable`, `protocol`: then it may be in use
   */
  async users(device: DeviceRef): Promise<readonly string[]> {
    return this.#users(device, []);
  }

  /**
   * As {@link users}, but without opening the device, which would wait for one that does not answer: a user that is
   * seen by an exclusive open alone is not among them.
   * @throws NodeError `unavailable`, `protocol`: then it may be in use
   */
  async knownUsers(device: DeviceRef): Promise<readonly string[]> {
    return (await this.#look(device, [])).found;
  }

  /**
   * @param but mount points of ours that do not count, in any mount namespace (propagation shows them in several), nor
   * do mounts at other places that go with them.
   * While one of them has the device's file system mounted, nobody else's exclusive open can be told from it.
   * @throws NodeError `in-use` naming the users, and as {@link users}
   */
  async assertUnused(device: DeviceRef, but: readonly string[], context: CallContext): Promise<void> {
    const users = await abortable(this.#users(device, but), context.signal);
    if (users.length === 0) return;
    throw new NodeError('in-use', `${device.path} is in use: ${users.join(', ')}; stop that first`);
  }

  async #users(device: DeviceRef, but: readonly string[]): Promise<readonly string[]> {
    const { found, explained } = await this.#look(device, but);
    if (explained) return found;
    const held = await this.#devices.isHeldExclusively(device.path);
    return held ? [...found, 'opened exclusively by another process'] : found;
  }

  /** @returns also whether what is seen is itself what holds the device */
  async #look(device: DeviceRef, but: readonly string[]) {
    const names = await this.#names(device);
    const mounts = await this.#mounts.everywhere();
    const files = mounts.filter((mount) => isDeviceFile(mount, names));
    const systems = mounts.filter((mount) => isFilesystem(mount, device.number, names));
    const gone = but.length > 0 ? goneWith(mounts, but) : new Set();
    const others = systems.filter((mount) => !gone.has(mount));
    const holders = await this.#devices.holders(device.number);
    const found = [
      ...texts('mounted at', others, but),
      ...texts('device file bound at', files, but),
      ...holders.filter((holder) => holder !== device.upper).map((holder) => `held by ${holder}`),
    ];
    return { found, explained: systems.length > 0 || holders.length > 0 };
  }

  /** The path that was asked for and the kernel's own: they differ for device-mapper. */
  async #names({ path, number, aliases = [] }: DeviceRef): Promise<readonly string[]> {
    const kernels = await this.#devices.byNumber(number);
    return [path, ...aliases, ...(kernels ? [kernels.path] : [])];
  }
}

/** btrfs shows an anonymous number (major 0) and names its device as source only. */
function isFilesystem(mount: NamespacedMount, number: string, names: readonly string[]): boolean {
  if (mount.device === number) return true;
  return mount.device.startsWith('0:') && names.includes(mount.source) && !DEVICE_FOLDERS.has(mount.fsType);
}

function isDeviceFile(mount: NamespacedMount, names: readonly string[]): boolean {
  const root = mount.root.replace(UNLINKED, '');
  return (
    DEVICE_FOLDERS.has(mount.fsType) && basename(root) !== '' && names.some((name) => name.endsWith(root))
  );
}

/** One text a mount point, with the first process that sees it. */
function texts(what: string, mounts: readonly NamespacedMount[], but: readonly string[]): string[] {
  const first = new Map<string, number>();
  for (const { mountPoint, pid } of mounts) if (!first.has(mountPoint)) first.set(mountPoint, pid);
  return [...first]
    .filter(([mountPoint]) => !but.includes(mountPoint))
    .map(([mountPoint, pid]) => `${what} ${mountPoint} (pid ${pid})`);
}
