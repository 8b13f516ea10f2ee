import type { CallContext } from '../../../core/call-context.ts';
import type { Clock } from '../../../core/clock.ts';
import {
  type ConnectionOptions,
  DEFAULT_CONNECTION_OPTIONS,
} from '../../../core/storage/connection-options.ts';
import type { NqnNaming } from '../../../core/storage/nqn.ts';
import type { Export } from '../../../core/storage/volume.ts';
import type { VolumeId } from '../../../core/storage/volume-id.ts';
import type { BlockDevices } from '../../devices/block-devices.ts';
import type { DeviceFiles } from '../../devices/device-files.ts';
import { NodeError } from '../../node-error.ts';
import { KeyedQueue } from '../keyed-queue.ts';
import { poll } from '../poll.ts';
import type { AttachedDevice, DeviceObservation, Standing, Transport } from '../transport.ts';
import { NvmeConnections, type NvmeExport, portalsOf } from './connections.ts';
import { Connector, type ConnectorParts } from './connector.ts';
import { NvmeNamespaces } from './namespaces.ts';
import type { Portal } from './portal.ts';
import type { Reconnections } from './reconnections.ts';
import { GONE_MS, isLive, type NvmeSubsystem, NvmeSubsystems } from './subsystems.ts';

export interface NvmeTransportOptions extends ConnectorParts {
  readonly nqns: NqnNaming;
  /** Normally `/sys`. */
  readonly sys: string;
  readonly devices: BlockDevices;
  readonly files: DeviceFiles;
  readonly clock: Clock;
  readonly reconnections: Pick<Reconnections, 'counts'>;
}

/** From a connection to its device: 0.1 to 0.3 s on an emulated machine. */
const APPEAR_MS = 10_000;
/** A rescan is done in the kernel's own time, and nothing says when. */
const RESCAN_MS = 500;

/**
 * Volumes over NVMe/TCP, by `/dev/nvme-fabrics` and sysfs. A device is known by the exact NQN of its subsystem, never
 * by its name: names are given anew at each connection. Only subsystems under our NQN base are touched; the node's
 * own root may be on another one.
 */
export class NvmeTransport implements Transport {
  readonly name = 'nvme-tcp';
  readonly #options: NvmeTransportOptions;
  readonly #connections: NvmeConnections;
  readonly #subsystems: NvmeSubsystems;
  readonly #namespaces: NvmeNamespaces;
  readonly #queue = new KeyedQueue();

  constructor(options: NvmeTransportOptions) {
    this.#options = options;
    this.#subsystems = new NvmeSubsystems(options.sys);
    this.#connections = new NvmeConnections(this.#subsystems, new Connector(options), options.clock);
    this.#namespaces = new NvmeNamespaces(options);
  }

  /**
   * @throws NodeError `not-found` the portal has no such subsystem · `permission` · `unavailable` · `unsupported` the
   * kernel lacks NVMe/TCP · `invalid` another transport's export, or not our NQN · `precondition` attached twice
   */
  async attach(
    target: Export,
    context: CallContext,
    connection: ConnectionOptions = DEFAULT_CONNECTION_OPTIONS,
  ): Promise<AttachedDevice> {
    const wanted = this.#checked(target);
    return this.#queue.run(target.nqn, context.signal, async () => {
      await this.#connections.ensure(wanted, connection, context);
      return this.#untilThere(wanted, context);
    });
  }

  async find(id: VolumeId, _context: CallContext): Promise<readonly AttachedDevice[]> {
    return (await this.#list()).filter((device) => device.volumeId === id);
  }

  list(_context: CallContext): Promise<readonly AttachedDevice[]> {
    return this.#list();
  }

  async observe(): Promise<readonly DeviceObservation[]> {
    const subsystems = await this.#allOurs();
    const connected = subsystems.flatMap(({ nqn, controllers }) =>
      controllers.map(({ name }) => [name, nqn] as const),
    );
    const reconnects = this.#options.reconnections.counts(new Map(connected));
    const observed = subsystems.map((subsystem) => this.#observed(subsystem, reconnects?.get(subsystem.nqn)));
    return (await Promise.all(observed)).flat();
  }

  /** @throws NodeError `not-found` it is not attached any more · `unavailable` */
  async rescan(device: AttachedDevice, context: CallContext): Promise<AttachedDevice> {
    const subsystem = await this.#subsystems.get(device.nqn);
    for (const { name, state } of subsystem?.controllers ?? []) {
      if (state === 'live') await this.#subsystems.rescanController(name);
    }
    const look = async () => {
      const seen = await this.#attached(device);
      if (!seen) throw notAttached(device);
      return seen.sizeBytes === device.sizeBytes ? undefined : seen;
    };
    return (await poll(look, this.#patience(RESCAN_MS, context))) ?? device;
  }

  /** @throws NodeError `changed` it was attached anew since · `precondition` there is more in its subsystem */
  detach(device: AttachedDevice, context: CallContext): Promise<void> {
    return this.#queue.run(device.nqn, context.signal, async () => {
      const subsystem = await this.#ours(device.nqn);
      if (!subsystem) return;
      assertNothingElse(subsystem, device);
      await this.#remove(subsystem, context);
    });
  }

  async standing(of: Export | AttachedDevice, { signal }: CallContext): Promise<Standing> {
    const portals = 'transport' in of ? portalsOf(this.#checked(of)) : await this.#portalsOf(of);
    const standings = await Promise.all(
      portals.map((portal) => this.#options.probe.ask(of.nqn, portal, signal)),
    );
    const byState = (state: Standing['state']) => standings.find((standing) => standing.state === state);
    return (
      byState('exported') ??
      byState('refused') ??
      byState('away') ?? { state: 'away', reason: `${of.nqn} has no portal to ask` }
    );
  }

  cut(device: AttachedDevice, context: CallContext): Promise<void> {
    return this.#queue.run(device.nqn, context.signal, async () => {
      const subsystem = await this.#ours(device.nqn);
      if (!subsystem) return;
      assertNothingElse(subsystem, device);
      if (isLive(subsystem)) {
        throw new NodeError('in-use', `${device.path} (${device.nqn}) is live again; it is left as it is`);
      }
      await this.#remove(subsystem, context);
    });
  }

  async tidy(context: CallContext): Promise<void> {
    for (const { nqn } of (await this.#allOurs()).filter(isWithoutDevice)) {
      await this.#queue.run(nqn, context.signal, async () => {
        const subsystem = await this.#ours(nqn);
        if (!subsystem || !isWithoutDevice(subsystem)) return;
        context.logger.info({ nqn }, 'removing a connection that has no device');
        await this.#remove(subsystem, context);
      });
    }
  }

  #checked(target: Export): NvmeExport {
    if (target.transport !== 'nvme-tcp') {
      throw new NodeError('invalid', `${target.nqn} is exported by ${target.transport}, not by nvme-tcp`);
    }
    if (this.#options.nqns.parse(target.nqn)) return target;
    throw new NodeError('invalid', `${target.nqn} does not stand under this driver's NQN base`);
  }

  async #untilThere(target: NvmeExport, context: CallContext): Promise<AttachedDevice> {
    const look = async () => {
      const subsystem = await this.#subsystems.get(target.nqn);
      // A connection that the kernel gave up again brings no device any more.
      if (!subsystem) return { lost: true } as const;
      const device = await this.#namespaces.device(subsystem, target.namespaceId);
      return device && { device };
    };
    const found = await poll(look, this.#patience(APPEAR_MS, context));
    if (found && 'device' in found) return found.device;
    throw await this.#notThere(target, found !== undefined);
  }

  async #notThere(target: NvmeExport, lost: boolean): Promise<NodeError> {
    const { nqn, namespaceId } = target;
    if (lost)
      return new NodeError('unavailable', `the connection to ${nqn} was lost at once; it is tried again`);
    const [controller] = (await this.#subsystems.get(nqn))?.controllers ?? [];
    const line = controller && this.#options.log.lastComplaintWith(`${controller.name}: `);
    return new NodeError(
      'unavailable',
      `${nqn} is connected, but its namespace ${namespaceId} did not become a device within ${APPEAR_MS} ms` +
        `${line === undefined ? '' : `; the kernel says: ${line}`}`,
    );
  }

  async #remove(subsystem: NvmeSubsystem, context: CallContext): Promise<void> {
    await Promise.all(subsystem.controllers.map(({ name }) => this.#subsystems.deleteController(name)));
    const look = async () => ((await this.#subsystems.get(subsystem.nqn)) ? undefined : true);
    if (await poll(look, this.#patience(GONE_MS, context))) return;
    throw new NodeError('timeout', `${subsystem.nqn} was not let go by the kernel within ${GONE_MS} ms`);
  }

  #ours(nqn: string): Promise<NvmeSubsystem | undefined> {
    if (this.#options.nqns.parse(nqn)) return this.#subsystems.get(nqn);
    throw new NodeError('invalid', `${nqn} does not stand under this driver's NQN base`);
  }

  #allOurs(): Promise<readonly NvmeSubsystem[]> {
    return this.#subsystems.list((nqn) => this.#options.nqns.parse(nqn) !== undefined);
  }

  async #list(): Promise<readonly AttachedDevice[]> {
    const subsystems = await this.#allOurs();
    return (await Promise.all(subsystems.map((subsystem) => this.#namespaces.devices(subsystem)))).flat();
  }

  /** The device as it is now; undefined where it is gone, or another one by now. */
  async #attached({ nqn, number }: AttachedDevice): Promise<AttachedDevice | undefined> {
    const subsystem = await this.#ours(nqn);
    const devices = subsystem ? await this.#namespaces.devices(subsystem) : [];
    return devices.find((device) => device.number === number);
  }

  async #portalsOf(device: AttachedDevice): Promise<readonly Portal[]> {
    const subsystem = await this.#ours(device.nqn);
    if (!subsystem) throw notAttached(device);
    return subsystem.controllers.flatMap(({ portal }) => (portal ? [portal] : []));
  }

  async #observed(subsystem: NvmeSubsystem, reconnects: number | undefined): Promise<DeviceObservation[]> {
    const named = this.#options.nqns.parse(subsystem.nqn);
    if (!named) return [];
    const connections = subsystem.controllers.map(({ state }) => state);
    const rest = { connections, ...(reconnects !== undefined && { reconnects }) };
    const found = subsystem.namespaces.map(async ({ number }) => {
      const own = await this.#options.devices.io(number);
      const counted = own !== undefined && own.reads + own.writes > 0;
      return { volumeId: named.id, io: counted ? own : await this.#subsystems.pathsIo(subsystem), ...rest };
    });
    return Promise.all(found);
  }

  #patience(limitMs: number, { signal }: CallContext) {
    return { clock: this.#options.clock, limitMs, signal };
  }
}

const isWithoutDevice = ({ namespaces }: NvmeSubsystem): boolean => namespaces.length === 0;

/** What the caller has proven, he has proven of that one device. */
function assertNothingElse({ nqn, namespaces }: NvmeSubsystem, device: AttachedDevice): void {
  const others = namespaces.filter(({ number }) => number !== device.number);
  if (others.length === 0) return;
  const names = others.map(({ name }) => name).join(', ');
  throw new NodeError(
    'changed',
    `${nqn} is attached as ${names}, not only as ${device.path}; it is left as it is`,
  );
}

const notAttached = ({ nqn, path }: AttachedDevice): NodeError =>
  new NodeError('not-found', `${nqn} is not attached as ${path} any more`);
