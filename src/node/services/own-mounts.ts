import type { CallContext } from '../../core/call-context.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import type { Mount } from '../mounts/mount-table.ts';
import { NodeError } from '../node-error.ts';
import { isDeviceFile, isDeviceFileOf, isFilesystemOf } from './device-mounts.ts';
import type { NodeDeps } from './node-deps.ts';
import { allDevices, contentOf, type VolumeDevice } from './volume-devices.ts';

/**
 * Sees that a path may be unmounted for a volume. Each layer there must show this volume, or something of ours whose
 * device is gone: that one's mount waits for nothing any more.
 * @param devices all of the volume
 * @throws NodeError `precondition` a layer shows anything else, which is left as it is
 */
export async function assertOwnMounts(
  deps: NodeDeps,
  { id, devices }: { readonly id: VolumeId; readonly devices: readonly VolumeDevice[] },
  mounts: readonly Mount[],
  context: CallContext,
): Promise<void> {
  for (const mount of mounts.filter((found) => !showsOneOf(devices, found))) {
    const other = (await allDevices(deps, context)).find((found) => showsOneOf([found], mount));
    if (other || !(await isLeftOver(deps, mount))) throw foreign(id, mount, other);
    logLeftOver(id, mount, context);
  }
}

/** Takes a mount whose device is gone off a path of the volume; anything else is left as it is. */
export async function unmountLeftOver(deps: NodeDeps, id: VolumeId, path: string, context: CallContext) {
  const mount = (await deps.mounts.at(path)).at(-1);
  if (!mount || !(await isLeftOver(deps, mount))) return;
  logLeftOver(id, mount, context);
  await deps.mounter.unmount(path, context);
}

const logLeftOver = (id: VolumeId, { source, mountPoint }: Mount, context: CallContext): void =>
  context.logger.warn(
    { volumeId: id, source, mountPoint },
    'unmounting what was mounted from a device that is gone; what was not yet written to it is lost',
  );

const showsOneOf = (devices: readonly VolumeDevice[], mount: Mount): boolean =>
  devices.map(contentOf).some((device) => isFilesystemOf(mount, device) || isDeviceFileOf(mount, device));

async function isLeftOver(deps: NodeDeps, mount: Mount): Promise<boolean> {
  if (isDeviceFile(mount)) return isFileWithoutDevice(deps, mount);
  return deps.filesystems.has(mount.fsType) && (await isFilesystemWithoutDevice(deps, mount));
}

/** A loop device's node outlives what it was set up for: then it has no size. */
async function isFileWithoutDevice(deps: NodeDeps, mount: Mount): Promise<boolean> {
  const { kind, number } = await deps.files.identify(mount.mountPoint);
  if (kind !== 'block') return false;
  return !(await deps.devices.byNumber(number))?.sizeBytes || isOrphaned(deps, number);
}

/** btrfs does not show its device's number, only the node's path. */
async function isFilesystemWithoutDevice(deps: NodeDeps, { device, source }: Mount): Promise<boolean> {
  if (!device.startsWith('0:')) {
    return (await deps.devices.byNumber(device)) === undefined || isOrphaned(deps, device);
  }
  try {
    return isOrphaned(deps, (await deps.devices.describe(source)).number);
  } catch (error) {
    if (error instanceof NodeError && error.kind === 'not-found') return true;
    throw error;
  }
}

/** What an encrypted volume was opened as outlives its device. */
async function isOrphaned({ mappers }: NodeDeps, number: string): Promise<boolean> {
  return (await mappers.orphans()).some((orphan) => orphan.number === number);
}

const foreign = (id: VolumeId, { mountPoint, source, fsType }: Mount, other: VolumeDevice | undefined) =>
  new NodeError(
    'precondition',
    `volume ${id}: on ${mountPoint} stands ${source} (${fsType}), which is ` +
      `${other ? `volume ${other.device.volumeId}` : 'no volume of this driver'}; it is left as it is: unmount it ` +
      'by hand if nobody needs it',
  );
