import type { Mount } from '../mounts/mount-table.ts';
import { NodeError } from '../node-error.ts';
import type { AttachedDevice } from '../transports/transport.ts';

/** ext4 from Linux 6.15 says `emergency_ro` and `shutdown` instead of becoming `ro` (fs/ext4/super.c). */
const UNWRITABLE = new Set(['ro', 'emergency_ro', 'shutdown']);

/** Whether a file system takes no writes although its device does: the kernel found an error, or a person did it. */
export const wentReadonly = (mount: Mount, device: AttachedDevice): boolean =>
  !device.readonly && mount.superOptions.some((option) => UNWRITABLE.has(option));

export const readonlyFilesystemText = (device: AttachedDevice, mountPoint: string): string =>
  `the file system of ${device.path} at ${mountPoint} takes no writes (the kernel found an error in it, or somebody ` +
  'remounted it); stop the pods that use the volume, and check it offline (fsck) before it is used again';

/** @throws NodeError `precondition` where the file system went read-only: it is reported, never silently used */
export function assertNotReadonly(mount: Mount, device: AttachedDevice): void {
  if (!wentReadonly(mount, device)) return;
  throw new NodeError(
    'precondition',
    `volume ${device.volumeId}: ${readonlyFilesystemText(device, mount.mountPoint)}`,
  );
}
