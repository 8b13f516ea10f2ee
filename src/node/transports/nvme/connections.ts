import type { CallContext } from '../../../core/call-context.ts';
import type { Clock } from '../../../core/clock.ts';
import type { ConnectionOptions } from '../../../core/storage/connection-options.ts';
import type { Export } from '../../../core/storage/volume.ts';
import { NodeError } from '../../node-error.ts';
import { poll } from '../poll.ts';
import type { Connector } from './connector.ts';
import { type Portal, samePortal } from './portal.ts';
import { GONE_MS, isUsable, type NvmeSubsystem, type NvmeSubsystems } from './subsystems.ts';

export type NvmeExport = Extract<Export, { transport: 'nvme-tcp' }>;

export const portalsOf = ({ addresses, port }: NvmeExport): Portal[] =>
  addresses.map((address) => ({ address, port }));

type Connect = (portal: Portal) => Promise<void>;

/** Sees that an export is connected over its portals. Not for two calls of one NQN at a time. */
export class NvmeConnections {
  readonly #subsystems: NvmeSubsystems;
  readonly #connector: Connector;
  readonly #clock: Clock;

  constructor(subsystems: NvmeSubsystems, connector: Connector, clock: Clock) {
    this.#subsystems = subsystems;
    this.#connector = connector;
    this.#clock = clock;
  }

  /**
   * Connections that are there stay, live or not: the kernel brings them back by itself. With multipath every other
   * portal is connected too, and one of all has to answer; without, one portal is enough and all there may be.
   * @throws NodeError as `Connector.connect`
   */
  async ensure(target: NvmeExport, connection: ConnectionOptions, context: CallContext): Promise<void> {
    const connect = (portal: Portal) => this.#connector.connect(target.nqn, portal, connection, context);
    const present = (await this.#withoutDying(target.nqn, context))?.controllers ?? [];
    const missing = portalsOf(target).filter(
      (portal) => !present.some((controller) => controller.portal && samePortal(controller.portal, portal)),
    );
    if (await this.#subsystems.hasMultipath()) {
      await this.#connectAll(target.nqn, missing, { connect, connected: present.length > 0 }, context);
    } else if (present.length === 0) {
      await this.#connectFirst(missing, connect, context);
    }
  }

  async #connectAll(
    nqn: string,
    portals: readonly Portal[],
    { connect, connected }: { readonly connect: Connect; readonly connected: boolean },
    context: CallContext,
  ): Promise<void> {
    const results = await Promise.allSettled(portals.map(connect));
    context.signal.throwIfAborted();
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (failures.length === portals.length && !connected) throw mostTelling(failures);
    for (const err of failures) context.logger.warn({ nqn, err }, 'one of the paths could not be connected');
  }

  /** Without multipath a second connection would be a second device on the same data. */
  async #connectFirst(portals: readonly Portal[], connect: Connect, context: CallContext): Promise<void> {
    const failures: unknown[] = [];
    for (const portal of portals) {
      try {
        await connect(portal);
        return;
      } catch (error) {
        context.signal.throwIfAborted();
        failures.push(error);
      }
    }
    throw mostTelling(failures);
  }

  /** A connection that is being let go would take the place of the one to make. */
  async #withoutDying(nqn: string, { signal }: CallContext): Promise<NvmeSubsystem | undefined> {
    const look = async () => {
      const subsystem = await this.#subsystems.get(nqn);
      return subsystem?.controllers.every(isUsable) === false ? undefined : { subsystem };
    };
    const settled = await poll(look, { clock: this.#clock, limitMs: GONE_MS, signal });
    if (settled) return settled.subsystem;
    throw new NodeError('unavailable', `an older connection of ${nqn} is still being removed by the kernel`);
  }
}

/** A portal that knows better says more than one that cannot be reached. */
function mostTelling(failures: readonly unknown[]): unknown {
  const telling = failures.find((error) => !(error instanceof NodeError && error.kind === 'unavailable'));
  return telling ?? failures[0] ?? new NodeError('invalid', 'the export has no address to connect to');
}
