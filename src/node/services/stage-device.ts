import { formatBytes } from '../../core/bytes.ts';
import type { CallContext } from '../../core/call-context.ts';
import { NodeError } from '../node-error.ts';
import { type AttachedDevice, refusalKind, type Transport } from '../transports/transport.ts';
import { closeMapper } from './close-mapper.ts';
import { withoutDead } from './cut-off.ts';
import type { NodeDeps } from './node-deps.ts';
import type { VolumeUse } from './stage-request.ts';
import { assertLive, devicesOf, usersOf } from './volume-devices.ts';

/**
 * Attaches the volume in its epoch, sees that it is there in no other, and that it has its size.
 * @throws NodeError `unsupported` no such transport on this node · `in-use` another epoch of it is used here ·
 * `unavailable` it does not answer, or is smaller than the volume
 */
export async function attachDevice(
  deps: NodeDeps,
  use: VolumeUse,
  context: CallContext,
): Promise<AttachedDevice> {
  const transport = deps.transports.get(use.target.transport);
  if (!transport) {
    throw new NodeError(
      'unsupported',
      `volume ${use.id} is exported over ${use.target.transport}, which this node does not have; it has ` +
        [...deps.transports.keys()].join(', '),
    );
  }
  await removeOtherEpochs(deps, use, transport, context);
  const device = await transport.attach(use.target, context, use.connection);
  assertLive(device);
  return ofFullSize(transport, device, use.target.capacityBytes, context);
}

/**
 * A device of another epoch shows what the volume was, and takes writes that nobody may see. It has to go before the
 * attach: two subsystems that give their namespaces the same identity are not accepted by the kernel beside each
 * other (nvme_global_check_duplicate_ids). Nothing is touched unless the storage has the epoch that is asked for, so
 * that a late request for an older one does no harm.
 */
async function removeOtherEpochs(
  deps: NodeDeps,
  use: VolumeUse,
  target: Transport,
  context: CallContext,
): Promise<void> {
  const devices = await devicesOf(deps, use.id, context);
  const others = devices.filter(({ device }) => device.nqn !== use.target.nqn);
  if (others.length === 0) return;
  await assertExported(use, target, context);
  for (const found of await withoutDead(deps, others, true, context)) {
    const { device, transport } = found;
    const users = await usersOf(deps, found);
    if (users.length > 0) {
      throw new NodeError(
        'in-use',
        `volume ${use.id} is attached to this node as ${device.path} in the older epoch ${device.epoch}, and in ` +
          `use: ${users.join(', ')}; stop that and unstage it, then it can be staged in epoch ${use.target.epoch}`,
      );
    }
    context.logger.info(
      { volumeId: use.id, device: device.path, nqn: device.nqn },
      'detaching an older epoch',
    );
    await closeMapper(deps, found, context);
    await transport.detach(device, context);
  }
}

async function assertExported(use: VolumeUse, transport: Transport, context: CallContext): Promise<void> {
  const standing = await transport.standing(use.target, context);
  if (standing.state === 'exported') return;
  throw new NodeError(
    refusalKind(standing),
    `volume ${use.id} cannot be attached in epoch ${use.target.epoch}: ${standing.reason}`,
  );
}

async function ofFullSize(
  transport: Transport,
  device: AttachedDevice,
  bytes: bigint,
  context: CallContext,
): Promise<AttachedDevice> {
  if (device.sizeBytes >= bytes) return device;
  const rescanned = await transport.rescan(device, context);
  if (rescanned.sizeBytes >= bytes) return rescanned;
  throw new NodeError(
    'unavailable',
    `volume ${device.volumeId} has ${formatBytes(bytes)}, but ${device.path} shows ` +
      `${formatBytes(rescanned.sizeBytes)}; unstage and detach it, so that it is attached anew`,
  );
}

/**
 * Makes the device take writes, or refuse them, as wanted; never under somebody's hands.
 * @throws NodeError `in-use` it is the other way round, and used
 */
export async function setDeviceAccess(
  deps: Pick<NodeDeps, 'devices' | 'usage'>,
  device: AttachedDevice,
  readonly: boolean,
  context: CallContext,
): Promise<AttachedDevice> {
  if (device.readonly === readonly) return device;
  await deps.usage.assertUnused(device, [], context);
  await deps.devices.setReadonly(device.path, readonly, context);
  return { ...device, readonly };
}
