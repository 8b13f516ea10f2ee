import { type CallContext, detachedContext } from '../../core/call-context.ts';
import type { Logger } from '../../core/observe/logger.ts';
import { closeMapper, closeOrphans } from './close-mapper.ts';
import type { NodeDeps } from './node-deps.ts';
import { allDevices, knownUsersOf, usersOf, type VolumeDevice } from './volume-devices.ts';

const EVERY_MS = 5 * 60_000;
/** A round looks at tables and asks storages that may be silent. */
const ROUND_MS = 2 * 60_000;

/**
 * Removes, at the start and every five minutes, what no call will ever ask for again: connections without a device,
 * and devices that are dead, or whose export was withdrawn, and that nothing holds: a stage that failed for good leaves
 * one. So a node that lost a volume returns to service without a reboot.
 */
export class Housekeeping {
  readonly #deps: NodeDeps;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(deps: NodeDeps, logger: Logger) {
    this.#deps = deps;
    this.#logger = logger;
  }

  start(): void {
    this.#running = this.#run(this.#stopping.signal);
  }

  /** Resolves once the round under way, if any, has been given up. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** One round. What fails is logged, and tried again in the next. */
  async sweep(context: CallContext): Promise<void> {
    await this.#attempt('connections without a device', context, async () => {
      for (const transport of this.#deps.transports.values()) await transport.tidy(context);
    });
    await this.#attempt('dead devices', context, async () => {
      const devices = await allDevices(this.#deps, context);
      for (const found of devices.filter(({ device }) => !device.live)) await this.#remove(found, context);
    });
    await this.#attempt('devices whose export is gone', context, async () => {
      const devices = await allDevices(this.#deps, context);
      for (const found of devices.filter(({ device }) => device.withdrawn))
        await this.#detach(found, context);
    });
    await this.#attempt('encrypted volumes without a device', context, () =>
      closeOrphans(this.#deps, undefined, context),
    );
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const round = AbortSignal.any([signal, AbortSignal.timeout(ROUND_MS)]);
      await this.#dropped(this.sweep(detachedContext(round, this.#logger)));
      await this.#dropped(this.#deps.clock.sleep(EVERY_MS, signal));
    }
  }

  /** Held by anyone, it stays: its unstage or its next stage decides about it, or the kernel gives it up. */
  async #remove(found: VolumeDevice, context: CallContext): Promise<void> {
    const { device, transport } = found;
    if ((await knownUsersOf(this.#deps, found)).length > 0) return;
    const { dead, reason } = await this.#deps.deadEpochs.judge(found, false, context);
    if (!dead) return;
    context.logger.warn(
      { volumeId: device.volumeId, device: device.path, nqn: device.nqn, reason },
      'removing a device whose epoch is over and that nothing holds',
    );
    await transport.cut(device, context);
    await closeOrphans(this.#deps, device.volumeId, context);
  }

  async #detach(found: VolumeDevice, context: CallContext): Promise<void> {
    const { device, transport } = found;
    if ((await usersOf(this.#deps, found)).length > 0) return;
    const { volumeId, path, nqn } = device;
    context.logger.info({ volumeId, device: path, nqn }, 'detaching a device whose export is gone');
    await closeMapper(this.#deps, found, context);
    await transport.detach(device, context);
  }

  async #attempt(what: string, { signal }: CallContext, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (err) {
      if (!signal.aborted) this.#logger.warn({ err, what }, 'housekeeping failed; it is tried again');
    }
  }

  /** The stop is the only reason for these to fail, and nobody waits for them. */
  async #dropped(work: Promise<unknown>): Promise<void> {
    await work.catch(() => undefined);
  }
}
