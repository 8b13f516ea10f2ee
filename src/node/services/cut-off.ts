import type { CallContext } from '../../core/call-context.ts';
import { NodeError } from '../node-error.ts';
import { closeOrphans } from './close-mapper.ts';
import type { Verdict } from './dead-epochs.ts';
import { DeviceMounts } from './device-mounts.ts';
import type { NodeDeps } from './node-deps.ts';
import { contentOf, notLive, type VolumeDevice } from './volume-devices.ts';

/**
 * Clears a volume's devices whose storage does not answer, if their epoch is proven dead; live ones are left alone.
 * @param newerInHand see `DeadEpochs.judge`
 * @returns the devices that are left, all live
 * @throws NodeError `unavailable` one is not live, and may come back · `in-use` its mount is held by a process
 */
export async function withoutDead(
  deps: NodeDeps,
  devices: readonly VolumeDevice[],
  newerInHand: boolean,
  context: CallContext,
): Promise<readonly VolumeDevice[]> {
  for (const found of devices.filter(({ device }) => !device.live)) {
    const verdict = await judged(deps, found, newerInHand, context);
    if (!verdict) continue;
    if (!verdict.dead) throw notLive(found.device, verdict.reason);
    await cutOff(deps, found, verdict.reason, context);
  }
  return devices.filter(({ device }) => device.live);
}

/** undefined: it has gone by itself meanwhile, as newer kernels let it go at the first refusal. */
async function judged(
  { deadEpochs }: NodeDeps,
  found: VolumeDevice,
  newerInHand: boolean,
  context: CallContext,
): Promise<Verdict | undefined> {
  try {
    return await deadEpochs.judge(found, newerInHand, context);
  } catch (error) {
    if (error instanceof NodeError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

/**
 * The device goes first: whatever waits on it gets its error, and only then can its mounts be taken away. An umount
 * before would hang in the kernel for ever.
 */
async function cutOff(
  deps: NodeDeps,
  found: VolumeDevice,
  reason: string,
  context: CallContext,
): Promise<void> {
  const { device, transport } = found;
  const { volumeId, path, nqn } = device;
  const mounts = await new DeviceMounts(deps.mounts, deps.files).all(contentOf(found));
  // By id: with the device its node goes, and mountinfo calls the root of its mount otherwise from then on.
  const ids = new Set(mounts.map(({ id }) => id));
  const mountPoints = mounts.map(({ mountPoint }) => mountPoint);
  context.logger.error(
    { volumeId, device: path, nqn, reason, mountPoints },
    'cutting off a device whose epoch is over; what was not yet written to it is lost',
  );
  await transport.cut(device, context);
  for (const mountPoint of mountPoints.toReversed()) {
    // What somebody else has mounted on top is not ours to take away.
    const top = (await deps.mounts.at(mountPoint)).at(-1);
    if (top && ids.has(top.id)) await deps.mounter.unmount(mountPoint, context);
  }
  const left = (await deps.mounts.own()).filter(({ id }) => ids.has(id));
  if (left.length === 0) return closeOrphans(deps, volumeId, context);
  const places = left.map(({ mountPoint }) => mountPoint).join(', ');
  throw new NodeError('in-use', `volume ${volumeId}: ${path} is gone, but still mounted at ${places}`);
}
