import { formatBytes } from '../../core/bytes.ts';
import type { CallContext } from '../../core/call-context.ts';
import type { NodeExpandVolumeRequest, NodeExpandVolumeResponse } from '../../core/csi/generated/csi.ts';
import type { Handler } from '../../core/csi/handlers.ts';
import { NodeError } from '../node-error.ts';
import type { AttachedDevice } from '../transports/transport.ts';
import { DeviceMounts } from './device-mounts.ts';
import { growFilesystem } from './grow-filesystem.ts';
import type { NodeDeps } from './node-deps.ts';
import { resizeOpened } from './opened-device.ts';
import { assertNotReadonly } from './readonly-filesystem.ts';
import type { VolumeDevice } from './volume-devices.ts';
import { volumeAt } from './volume-path.ts';

const POLL_MS = 250;

/**
 * NodeExpandVolume: makes the kernel see the new size, then grows a mounted file system to it. The answer is the
 * device's size. `limit_bytes` was the controller's to keep: the device has the size it has.
 */
export const expandVolume =
  (deps: NodeDeps): Handler<NodeExpandVolumeRequest, NodeExpandVolumeResponse> =>
  async ({ volumeId, volumePath, capacityRange }, context) => {
    const before = await volumeAt(deps, volumeId, volumePath, context);
    await grownDevice(deps, before, capacityRange?.requiredBytes ?? 0n, context);
    // Its storage may have been lost while the growth was waited for: nothing is started on it then.
    const found = await volumeAt(deps, volumeId, volumePath, context);
    const { device } = found;
    const content = found.mapper ? await resizeOpened(deps, device, context) : device;
    if (found.what === 'filesystem') await growMounted(deps, content, context);
    return { capacityBytes: device.sizeBytes };
  };

/** An export that is in use is never taken down to make it grow: stage does the rest after the next attach. */
async function grownDevice(
  { clock, growthWaitMs }: NodeDeps,
  { device, transport }: VolumeDevice,
  requiredBytes: bigint,
  context: CallContext,
): Promise<void> {
  const until = clock.monotonic() + growthWaitMs;
  let seen = await transport.rescan(device, context);
  while (seen.sizeBytes < requiredBytes) {
    if (clock.monotonic() >= until) throw notGrown(seen, requiredBytes);
    await clock.sleep(POLL_MS, context.signal);
    seen = await transport.rescan(seen, context);
  }
}

async function growMounted(deps: NodeDeps, device: AttachedDevice, context: CallContext): Promise<void> {
  const mounts = await new DeviceMounts(deps.mounts, deps.files).filesystems(device);
  for (const mount of mounts) assertNotReadonly(mount, device);
  // A read-only bind mount refuses the ioctl that grows, so another one of the same file system has to serve.
  const writable = mounts.find(({ options }) => options.includes('rw'));
  const filesystem = deps.filesystems.get(writable?.fsType ?? '');
  if (!writable || !filesystem) {
    throw new NodeError(
      'precondition',
      `volume ${device.volumeId}: ${device.path} has grown to ${formatBytes(device.sizeBytes)}, but its file ` +
        'system is mounted read-only; it grows when it is staged read-write',
    );
  }
  await growFilesystem(deps, device, { filesystem, mountPoint: writable.mountPoint }, context);
}

const notGrown = (device: AttachedDevice, requiredBytes: bigint): NodeError =>
  new NodeError(
    'unavailable',
    `volume ${device.volumeId}: ${device.path} still shows ${formatBytes(device.sizeBytes)} instead of ` +
      `${formatBytes(requiredBytes)}; it grows at the next attach: stop the pods that use it and start them again`,
  );
