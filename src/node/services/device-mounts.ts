import { basename } from 'node:path';
import type { DeviceFiles } from '../devices/device-files.ts';
import { canonical, type Mount, type MountTable } from '../mounts/mount-table.ts';
import { type AttachedDevice, pathsOf } from '../transports/transport.ts';

/** What the uppermost mount on a path shows, as seen from one device. */
export type Shown =
  | { readonly what: 'nothing' }
  | { readonly what: 'filesystem' | 'block' | 'other'; readonly mount: Mount };

/** Where a bind mount of a device node comes from: the kernel's own /dev, or a container's. */
const DEVICE_FOLDERS = new Set(['devtmpfs', 'tmpfs']);

/** Whether the mount's file system is the device's. btrfs shows an anonymous number and names its device as source. */
export function isFilesystemOf(mount: Mount, device: AttachedDevice): boolean {
  if (mount.device === device.number) return true;
  return (
    mount.device.startsWith('0:') &&
    pathsOf(device).includes(mount.source) &&
    !DEVICE_FOLDERS.has(mount.fsType)
  );
}

/** What mountinfo appends to a root that was unlinked while mounted. */
const UNLINKED = /\/\/deleted$/;

/** Whether a bind mount may be one of a device node. */
export const isDeviceFile = ({ fsType, root }: Mount): boolean => DEVICE_FOLDERS.has(fsType) && root !== '/';

/** Whether it is one of the device's node, by its name: the only thing that is known of a layer below others. */
export const isDeviceFileOf = (mount: Mount, device: AttachedDevice): boolean =>
  isDeviceFile(mount) &&
  pathsOf(device).some((path) => basename(mount.root.replace(UNLINKED, '')) === basename(path));

/** Tells what is mounted where, by the kernel's table and the device nodes. */
export class DeviceMounts {
  readonly #mounts: MountTable;
  readonly #files: DeviceFiles;

  constructor(mounts: MountTable, files: DeviceFiles) {
    this.#mounts = mounts;
    this.#files = files;
  }

  async at(path: string, device: AttachedDevice): Promise<Shown> {
    const mount = (await this.#mounts.at(path)).at(-1);
    if (!mount) return { what: 'nothing' };
    if (isFilesystemOf(mount, device)) return { what: 'filesystem', mount };
    return { what: (await this.#isNodeOf(mount, device)) ? 'block' : 'other', mount };
  }

  /** All mounts of the device's file system in this mount namespace. */
  async filesystems(device: AttachedDevice): Promise<readonly Mount[]> {
    return (await this.#mounts.own()).filter((mount) => isFilesystemOf(mount, device));
  }

  /** All mounts of the device's file system, or of its node, in this mount namespace. */
  async all(device: AttachedDevice): Promise<readonly Mount[]> {
    const mounts = await this.#mounts.own();
    const shown = await Promise.all(
      mounts.map(async (mount) => isFilesystemOf(mount, device) || (await this.#isNodeOf(mount, device))),
    );
    return mounts.filter((_, index) => shown[index]);
  }

  /**
   * Where the volume is published, besides the given paths: mounts of its whole file system, or of its device node.
   * Mounts of a folder in it are kubelet's own (subPath).
   */
  async publishedAt(device: AttachedDevice, but: readonly string[]): Promise<readonly string[]> {
    const ignored = await Promise.all(but.map((path) => canonical(path)));
    const mounts = (await this.#mounts.own()).filter(({ mountPoint }) => !ignored.includes(mountPoint));
    const shown = await Promise.all(
      mounts.map(
        async (mount) =>
          (mount.root === '/' && isFilesystemOf(mount, device)) || (await this.#isNodeOf(mount, device)),
      ),
    );
    return mounts.filter((_, index) => shown[index]).map(({ mountPoint }) => mountPoint);
  }

  async #isNodeOf(mount: Mount, device: AttachedDevice): Promise<boolean> {
    if (
      !DEVICE_FOLDERS.has(mount.fsType) ||
      !pathsOf(device).some((path) => mount.root.endsWith(basename(path)))
    )
      return false;
    const { kind, number } = await this.#files.identify(mount.mountPoint);
    return kind === 'block' && number === device.number;
  }
}
