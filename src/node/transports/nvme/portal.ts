import { isIP } from 'node:net';

/** Where a subsystem can be reached: a numeric IP address and a TCP port. */
export interface Portal {
  readonly address: string;
  readonly port: number;
}

export const samePortal = (a: Portal, b: Portal): boolean => a.address === b.address && a.port === b.port;

/** For people: `192.0.2.1:4420`, `[2001:db8::1]:4420`. */
export const portalText = ({ address, port }: Portal): string =>
  isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;

/**
 * Reads a controller's sysfs attribute `address`, such as `traddr=192.0.2.1,trsvcid=4420,src_addr=192.0.2.9`
 * (nvmf_get_address in drivers/nvme/host/fabrics.c; later kernels add fields).
 * @returns undefined where it names no portal (PCIe)
 */
export function parseControllerAddress(text: string): Portal | undefined {
  const fields = new Map(text.split(',').map((field) => splitOnce(field.trim())));
  const address = fields.get('traddr') ?? '';
  const port = fields.get('trsvcid') ?? '';
  return isIP(address) !== 0 && /^\d{1,5}$/.test(port) ? { address, port: Number(port) } : undefined;
}

function splitOnce(field: string): [string, string] {
  const at = field.indexOf('=');
  return at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)];
}
