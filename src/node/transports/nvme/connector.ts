import type { CallContext } from '../../../core/call-context.ts';
import type { ErrorKind } from '../../../core/driver-error.ts';
import type { ConnectionOptions } from '../../../core/storage/connection-options.ts';
import { errno } from '../../exec/errno.ts';
import { NodeError } from '../../node-error.ts';
import { refusalKind } from '../transport.ts';
import type { FabricsDevice } from './fabrics-device.ts';
import type { HostIdentity } from './host-identity.ts';
import type { KernelLog } from './kernel-log.ts';
import { optionString } from './option-string.ts';
import { type Portal, portalText } from './portal.ts';
import type { PortalProbe } from './portal-probe.ts';

export interface ConnectorParts {
  readonly fabrics: FabricsDevice;
  readonly probe: Pick<PortalProbe, 'ask'>;
  readonly log: Pick<KernelLog, 'lastComplaintWith'>;
  readonly host: HostIdentity;
}

const LOAD_MODULES = 'load the kernel module on the node: modprobe nvme-tcp';

/** What an errno of a connect says; the rest is told apart by asking the portal. */
const FAILURES: Readonly<Record<string, readonly [ErrorKind, string]>> = {
  ECONNREFUSED: ['unavailable', 'nothing listens there; is the volume exported, and is the port right?'],
  ETIMEDOUT: ['unavailable', 'no answer; check the network and the firewall between node and storage'],
  EHOSTUNREACH: ['unavailable', 'no way to that host; check the network between node and storage'],
  EHOSTDOWN: ['unavailable', 'the host does not answer; check the network between node and storage'],
  ENETUNREACH: ['unavailable', 'no route to that network; check the routes of the node'],
  ENOENT: ['unsupported', `/dev/nvme-fabrics is not there; ${LOAD_MODULES}`],
  ENXIO: ['unsupported', `/dev/nvme-fabrics has nothing behind it; ${LOAD_MODULES}`],
  ENODEV: ['unsupported', `/dev/nvme-fabrics has nothing behind it; ${LOAD_MODULES}`],
  EACCES: ['permission', '/dev/nvme-fabrics may not be used; the node plugin must run privileged'],
  EPERM: ['permission', '/dev/nvme-fabrics may not be used; the node plugin must run privileged'],
  EINVAL: [
    'unsupported',
    `the kernel does not take the connection's options; if it lacks NVMe/TCP, ${LOAD_MODULES}`,
  ],
};

/** Makes one connection, and finds out why one could not be made. */
export class Connector {
  readonly #parts: ConnectorParts;

  constructor(parts: ConnectorParts) {
    this.#parts = parts;
  }

  /**
   * Connected already is a success.
   * @throws NodeError `not-found` the portal has no such subsystem · `permission` it does not let this host in ·
   * `unavailable` it refuses or cannot be reached · `unsupported` the kernel lacks NVMe/TCP · `invalid`
   */
  async connect(
    nqn: string,
    portal: Portal,
    connection: ConnectionOptions,
    { signal, logger }: CallContext,
  ): Promise<void> {
    const { fabrics, host } = this.#parts;
    const text = optionString(nqn, portal, host, connection);
    try {
      const instance = await fabrics.connect(text, signal);
      logger.info({ nqn, portal: portalText(portal), controller: `nvme${instance}` }, 'connected');
    } catch (cause) {
      signal.throwIfAborted();
      // nvmf_ip_options_match: the same subsystem, portal and host, not being deleted.
      if (errno(cause) === 'EALREADY') return;
      throw await this.#failure(nqn, portal, cause, signal);
    }
  }

  async #failure(nqn: string, portal: Portal, cause: unknown, signal: AbortSignal): Promise<NodeError> {
    const code = errno(cause) ?? String(cause);
    const [kind, remedy] = FAILURES[code] ?? (await this.#asked(nqn, portal, signal));
    const line = this.#parts.log.lastComplaintWith(nqn);
    const said = line === undefined ? '' : `; the kernel says: ${line}`;
    return new NodeError(
      kind,
      `cannot connect to ${nqn} at ${portalText(portal)} (${code}): ${remedy}${said}`,
      { cause },
    );
  }

  /** Whatever NVMe status the peer refused with, the kernel says EIO; so the peer is asked for it. */
  async #asked(nqn: string, portal: Portal, signal: AbortSignal): Promise<readonly [ErrorKind, string]> {
    const standing = await this.#parts.probe.ask(nqn, portal, signal);
    return standing.state === 'exported'
      ? ['unavailable', 'the portal has it, but the kernel could not connect; it is tried again']
      : [refusalKind(standing), standing.reason];
  }
}
