import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/kernel/config/nvmet';

export interface NvmetPort {
  readonly id: number;
  readonly address: string;
  readonly port: number;
}

/** The kernel's own NVMe/TCP target, by configfs (Documentation: drivers/nvme/target/configfs.c). */
export const nvmet = {
  /** @param options.allowedHosts none: every host */
  addSubsystem(
    nqn: string,
    image: string,
    options: { uuid?: string; allowedHosts?: readonly string[] } = {},
  ): void {
    const { allowedHosts = [] } = options;
    const folder = join(ROOT, 'subsystems', nqn);
    mkdirSync(folder);
    if (allowedHosts.length === 0) write(folder, 'attr_allow_any_host', '1');
    for (const host of allowedHosts) allow(folder, host);
    const namespace = join(folder, 'namespaces', '1');
    mkdirSync(namespace);
    write(namespace, 'device_path', image);
    if (options.uuid) write(namespace, 'device_uuid', options.uuid);
    write(namespace, 'enable', '1');
  },

  removeSubsystem(nqn: string): void {
    const folder = join(ROOT, 'subsystems', nqn);
    for (const host of readdirSync(join(folder, 'allowed_hosts')))
      unlinkSync(join(folder, 'allowed_hosts', host));
    write(join(folder, 'namespaces', '1'), 'enable', '0');
    rmdirSync(join(folder, 'namespaces', '1'));
    rmdirSync(folder);
  },

  /** Those who are connected stay, nobody is let in any more. */
  closeToNewcomers(nqn: string): void {
    const folder = join(ROOT, 'subsystems', nqn);
    for (const host of readdirSync(join(folder, 'allowed_hosts')))
      unlinkSync(join(folder, 'allowed_hosts', host));
    write(folder, 'attr_allow_any_host', '0');
  },

  /** Whether a host is connected to a TCP port of this machine (proc(5): `/proc/net/tcp`, state 01). */
  isConnected(port: number): boolean {
    const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    const rows = readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    return rows.some(([, address = '', , state]) => address.endsWith(local) && state === '01');
  },

  addPort({ id, address, port }: NvmetPort): void {
    const folder = join(ROOT, 'ports', String(id));
    if (existsSync(folder)) return;
    mkdirSync(folder);
    write(folder, 'addr_trtype', 'tcp');
    write(folder, 'addr_adrfam', 'ipv4');
    write(folder, 'addr_traddr', address);
    write(folder, 'addr_trsvcid', String(port));
  },

  /** The port listens while anything is linked to it. */
  link(portId: number, nqn: string): void {
    const link = linkOf(portId, nqn);
    if (!existsSync(link)) symlinkSync(join(ROOT, 'subsystems', nqn), link);
  },

  /** Drops all connections of the subsystem over that port. */
  unlink(portId: number, nqn: string): void {
    const link = linkOf(portId, nqn);
    if (existsSync(link)) unlinkSync(link);
  },

  /** Tells initiators that the image has another size. */
  revalidate(nqn: string): void {
    write(join(ROOT, 'subsystems', nqn, 'namespaces', '1'), 'revalidate_size', '1');
  },
};

const write = (folder: string, name: string, value: string) => writeFileSync(join(folder, name), value);
const linkOf = (portId: number, nqn: string) => join(ROOT, 'ports', String(portId), 'subsystems', nqn);

function allow(folder: string, host: string): void {
  const known = join(ROOT, 'hosts', host);
  if (!existsSync(known)) mkdirSync(known);
  symlinkSync(known, join(folder, 'allowed_hosts', host));
}
