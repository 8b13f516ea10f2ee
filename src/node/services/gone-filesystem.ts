import type { CallContext } from '../../core/call-context.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import type { Mount } from '../mounts/mount-table.ts';
import { NodeError } from '../node-error.ts';
import type { NodeDeps } from './node-deps.ts';

/**
 * Whether a mount shows a file system of the kind that volumes carry, whose device is gone: it waits for nothing any
 * more, and can be unmounted. (The kernel keeps number and name of a device from others while it is mounted.)
 */
export async function isGoneFilesystem({ devices, filesystems }: NodeDeps, mount: Mount): Promise<boolean> {
  if (!filesystems.has(mount.fsType)) return false;
  // btrfs does not show its device's number, only the node's path.
  if (!mount.device.startsWith('0:')) return (await devices.byNumber(mount.device)) === undefined;
  try {
    await devices.describe(mount.source);
    return false;
  } catch (error) {
    if (error instanceof NodeError && error.kind === 'not-found') return true;
    throw error;
  }
}

/** Takes such a mount off a path of the volume; anything else is left as it is. */
export async function unmountGone(deps: NodeDeps, id: VolumeId, path: string, context: CallContext) {
  const mount = (await deps.mounts.at(path)).at(-1);
  if (!mount || !(await isGoneFilesystem(deps, mount))) return;
  logGone(id, mount, context);
  await deps.mounter.unmount(path, context);
}

export function logGone(id: VolumeId, { source, mountPoint }: Mount, context: CallContext): void {
  context.logger.warn(
    { volumeId: id, source, mountPoint },
    'unmounting a file system whose device is gone; what was not yet written to it is lost',
  );
}
