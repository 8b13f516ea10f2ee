import { abortable } from '../../core/abortable.ts';
import { formatBytes } from '../../core/bytes.ts';
import type { CallContext } from '../../core/call-context.ts';
import type { VolumeCondition } from '../../core/storage/volume.ts';
import type { Filesystem, Superblock } from '../filesystems/filesystem.ts';
import type { Mount } from '../mounts/mount-table.ts';
import { NodeError } from '../node-error.ts';
import type { AttachedDevice } from '../transports/transport.ts';
import { DeviceMounts } from './device-mounts.ts';
import type { NodeDeps } from './node-deps.ts';
import { readonlyFilesystemText, wentReadonly } from './readonly-filesystem.ts';

/** What is adverse about a device and the file system that is mounted from it. */
export async function deviceConditions(
  deps: NodeDeps,
  device: AttachedDevice,
  context: CallContext,
): Promise<VolumeCondition[]> {
  if (!device.live) {
    const message = `the storage behind ${device.path} does not answer; its users wait until it is back`;
    return [{ status: 'inaccessible', reason: 'StorageUnreachable', message }];
  }
  const [mount] = await new DeviceMounts(deps.mounts, deps.files).filesystems(device);
  const filesystem = deps.filesystems.get(mount?.fsType ?? '');
  if (!mount || !filesystem) return [];
  const found = await examined(deps, device, { filesystem, mount }, context);
  return [...mountConditions(mount, device), ...found];
}

function mountConditions(mount: Mount, device: AttachedDevice): VolumeCondition[] {
  if (!wentReadonly(mount, device)) return [];
  const message = readonlyFilesystemText(device, mount.mountPoint);
  return [{ status: 'degraded', reason: 'FilesystemReadOnly', message }];
}

function superblockConditions(
  { sizeBytes, hasErrors }: Superblock,
  mount: Mount,
  device: AttachedDevice,
): VolumeCondition[] {
  const conditions: VolumeCondition[] = [];
  if (hasErrors) {
    const message = `the file system of ${device.path} has recorded errors; check it offline (fsck)`;
    conditions.push({ status: 'degraded', reason: 'FilesystemErrors', message });
  }
  // The other way round says nothing: of a mounted xfs the superblock on the device lags behind its growth.
  if (sizeBytes > device.sizeBytes) {
    const message =
      `the file system at ${mount.mountPoint} is of ${formatBytes(sizeBytes)}, ${device.path} only of ` +
      `${formatBytes(device.sizeBytes)}: part of it is missing; stop its users, restore the volume to its size`;
    conditions.push({ status: 'data-loss', reason: 'DeviceTooSmall', message });
  }
  return conditions;
}

/** Looks at the mount point and at the superblock: xfs answers EIO at the first once it has shut down. */
async function examined(
  deps: NodeDeps,
  device: AttachedDevice,
  { filesystem, mount }: { readonly filesystem: Filesystem; readonly mount: Mount },
  { signal }: CallContext,
): Promise<VolumeCondition[]> {
  try {
    await abortable(deps.files.identify(mount.mountPoint), signal);
    const superblock = await deps.readDevice(device, signal, (reader) =>
      filesystem.superblock(reader, signal),
    );
    return superblockConditions(superblock, mount, device);
  } catch (error) {
    if (signal.aborted || !(error instanceof NodeError)) throw error;
    return [{ status: 'inaccessible', reason: 'FilesystemNotReadable', message: error.message }];
  }
}
