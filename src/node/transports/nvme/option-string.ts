import { isIP } from 'node:net';
import type { ConnectionOptions } from '../../../core/storage/connection-options.ts';
import { NodeError } from '../../node-error.ts';
import type { HostIdentity } from './host-identity.ts';
import type { Portal } from './portal.ts';

/**
 * What is written to `/dev/nvme-fabrics` for one connection; the names are those of `opt_tokens` in
 * drivers/nvme/host/fabrics.c. The order matters to no kernel, but a comma in a value would start another option.
 * @throws NodeError `invalid` a value that the kernel would read as something else
 */
export function optionString(
  nqn: string,
  portal: Portal,
  host: HostIdentity,
  options: ConnectionOptions,
): string {
  if (isIP(portal.address) === 0) {
    throw new NodeError('invalid', `'${portal.address}' is no IP address; the kernel resolves no names`);
  }
  const { fastIoFailTimeout } = options;
  const values: [string, string | number][] = [
    ['transport', 'tcp'],
    ['nqn', nqn],
    ['traddr', portal.address],
    ['trsvcid', portal.port],
    ['hostnqn', host.nqn],
    ['hostid', host.id],
    ['nr_io_queues', options.queues],
    ['reconnect_delay', options.reconnectDelay],
    ['ctrl_loss_tmo', options.ctrlLossTimeout],
    ['keep_alive_tmo', options.keepAliveTimeout],
    ...(fastIoFailTimeout === 'off' ? [] : [['fast_io_fail_tmo', fastIoFailTimeout] as [string, number]]),
  ];
  return values.map(([name, value]) => `${name}=${checked(name, String(value))}`).join(',');
}

function checked(name: string, value: string): string {
  if (/^[\x21-\x2b\x2d-\x7e]+$/.test(value)) return value;
  throw new NodeError(
    'invalid',
    `${name} cannot be '${value}' for the kernel: no commas, blanks or controls`,
  );
}
