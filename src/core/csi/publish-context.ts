import { connectionOf } from '../storage/connection-options.ts';
import type { Export, ExportTarget } from '../storage/volume.ts';
import { isEpoch } from '../storage/volume-id.ts';
import { readConnection, writeConnection } from './connection-parameters.ts';

/**
 * The publish context: what the controller tells the node about an export, as CSI's `map<string, string>`.
 * Written and read here only.
 */
export function encodePublishContext(source: Export): Record<string, string> {
  const common = {
    nqn: source.nqn,
    epoch: source.epoch,
    capacityBytes: String(source.capacityBytes),
    mayFormat: String(source.mayFormat),
    transport: source.transport,
    ...writeConnection(source.connection),
  };
  return source.transport === 'loop'
    ? { ...common, folder: source.folder }
    : {
        ...common,
        addresses: source.addresses.join(','),
        port: String(source.port),
        namespaceId: String(source.namespaceId),
      };
}

/** @throws RangeError that names the key which is absent or wrong */
export function decodePublishContext(context: Readonly<Record<string, string>>): Export {
  const epoch = context['epoch'] ?? '';
  if (!isEpoch(epoch)) throw new RangeError('publish_context.epoch is not 16 hex digits');
  return {
    nqn: text(context, 'nqn'),
    epoch,
    capacityBytes: BigInt(natural(context, 'capacityBytes')),
    mayFormat: text(context, 'mayFormat') === 'true',
    ...connectionOf({ connection: readConnection('publish_context', context) }),
    ...target(context),
  };
}

function target(context: Readonly<Record<string, string>>): ExportTarget {
  const transport = text(context, 'transport');
  switch (transport) {
    case 'loop':
      return { transport, folder: text(context, 'folder') };
    case 'nvme-tcp':
      return {
        transport,
        addresses: text(context, 'addresses').split(','),
        port: Number(natural(context, 'port')),
        namespaceId: Number(natural(context, 'namespaceId')),
      };
    default:
      throw new RangeError(`publish_context.transport is '${transport}'; known are loop and nvme-tcp`);
  }
}

function text(context: Readonly<Record<string, string>>, key: string): string {
  const value = context[key];
  if (!value) throw new RangeError(`publish_context.${key} is missing`);
  return value;
}

function natural(context: Readonly<Record<string, string>>, key: string): string {
  const value = text(context, key);
  if (!/^\d{1,18}$/.test(value)) throw new RangeError(`publish_context.${key} is not a number`);
  return value;
}
