import { basename } from 'node:path';
import type { CallContext } from '../../core/call-context.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import type { DeviceRef, DeviceUsage } from '../devices/device-usage.ts';
import type { Mappers } from '../luks/mappers.ts';
import { NodeError } from '../node-error.ts';
import type { AttachedDevice, Transport } from '../transports/transport.ts';

/** A device together with what attached it. */
export interface VolumeDevice {
  readonly device: AttachedDevice;
  readonly transport: Transport;
  /** What an encrypted volume is opened as; absent: it is not open, or not encrypted. */
  readonly mapper?: AttachedDevice;
}

interface Looking {
  readonly transports: ReadonlyMap<string, Transport>;
  readonly mappers: Pick<Mappers, 'on'>;
}

interface Asking {
  readonly usage: DeviceUsage;
}

/** What carries the volume's content: file systems are on it, and workloads see it. */
export const contentOf = ({ device, mapper }: VolumeDevice): AttachedDevice => mapper ?? device;

/** The device itself as somebody else's use of it counts: what it is opened as is ours. */
const lowerOf = ({ device, mapper }: VolumeDevice): DeviceRef =>
  mapper ? { ...device, upper: basename(mapper.path) } : device;

/** As `DeviceUsage.users`, of the volume as a whole. */
export async function usersOf({ usage }: Asking, found: VolumeDevice): Promise<readonly string[]> {
  const upper = found.mapper ? await usage.users(found.mapper) : [];
  return [...upper, ...(await usage.users(lowerOf(found)))];
}

/** As `DeviceUsage.knownUsers`, of the volume as a whole. */
export async function knownUsersOf({ usage }: Asking, found: VolumeDevice): Promise<readonly string[]> {
  const upper = found.mapper ? await usage.knownUsers(found.mapper) : [];
  return [...upper, ...(await usage.knownUsers(lowerOf(found)))];
}

/** As `DeviceUsage.assertUnused`, of the volume as a whole. */
export async function assertVolumeUnused(
  { usage }: Asking,
  found: VolumeDevice,
  but: readonly string[],
  context: CallContext,
): Promise<void> {
  if (found.mapper) await usage.assertUnused(found.mapper, but, context);
  await usage.assertUnused(lowerOf(found), but, context);
}

/** All devices of a volume on this node, over all transports and epochs. Fails if one transport cannot say. */
export const devicesOf = (deps: Looking, id: VolumeId, context: CallContext) =>
  collect(deps, (transport) => transport.find(id, context));

/** All devices of ours on this node. */
export const allDevices = (deps: Looking, context: CallContext) =>
  collect(deps, (transport) => transport.list(context));

async function collect(
  { transports, mappers }: Looking,
  look: (transport: Transport) => Promise<readonly AttachedDevice[]>,
): Promise<VolumeDevice[]> {
  const found = await Promise.all(
    [...transports.values()].map(async (transport) =>
      Promise.all(
        (await look(transport)).map(async (device) => {
          const mapper = await mappers.on(device);
          return { device, transport, ...(mapper && { mapper }) };
        }),
      ),
    ),
  );
  return found.flat();
}

/**
 * The rule that keeps processes out of D state: nothing that waits on a device is started while its peer is away.
 * @throws NodeError `unavailable`
 */
export function assertLive(device: AttachedDevice): void {
  if (!device.live) throw notLive(device);
}

/** @param seen what the storage said when it was asked */
export const notLive = (device: AttachedDevice, seen?: string): NodeError =>
  new NodeError(
    'unavailable',
    `volume ${device.volumeId}: the storage behind ${device.path} does not answer` +
      `${seen === undefined ? '' : ` (${seen})`}, so nothing is mounted or unmounted now; it is tried again, and ` +
      'goes on when the connection is back',
  );
