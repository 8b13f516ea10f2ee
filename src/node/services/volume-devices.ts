import type { CallContext } from '../../core/call-context.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import { NodeError } from '../node-error.ts';
import type { AttachedDevice, Transport } from '../transports/transport.ts';

/** A device together with what attached it. */
export interface VolumeDevice {
  readonly device: AttachedDevice;
  readonly transport: Transport;
}

type Transports = ReadonlyMap<string, Transport>;

/** All devices of a volume on this node, over all transports and epochs. Fails if one transport cannot say. */
export const devicesOf = (transports: Transports, id: VolumeId, context: CallContext) =>
  collect(transports, (transport) => transport.find(id, context));

/** All devices of ours on this node. */
export const allDevices = (transports: Transports, context: CallContext) =>
  collect(transports, (transport) => transport.list(context));

async function collect(
  transports: Transports,
  look: (transport: Transport) => Promise<readonly AttachedDevice[]>,
): Promise<VolumeDevice[]> {
  const found = await Promise.all(
    [...transports.values()].map(async (transport) =>
      (await look(transport)).map((device) => ({ device, transport })),
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
