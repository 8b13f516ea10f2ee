import type { CallContext } from '../../core/call-context.ts';
import type { Clock } from '../../core/clock.ts';
import type { VolumeDevice } from './volume-devices.ts';

/** A storage that has just come back may not have all of its exports yet. */
const BETWEEN_REFUSALS_MS = 60_000;
/** Two refusals further apart may be of two restarts, with the export there in between. */
const REFUSAL_COUNTS_MS = 10 * 60_000;

export type Verdict =
  | { readonly dead: true; readonly reason: string }
  /** `reason`: why not, for people. */
  | { readonly dead: false; readonly reason: string };

/**
 * Tells an epoch that is over from a storage that is away: only the first may be cut off. Dead is what the storage
 * itself refuses, answering, while a newer epoch of the volume is in hand; without one it must refuse twice, a
 * minute apart. Nothing but the time of first refusals is remembered; forgetting it only costs that minute.
 */
export class DeadEpochs {
  readonly #clock: Clock;
  /** By NQN, monotonic ms. */
  readonly #refusedAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param newerInHand the caller holds the publication of another epoch, which the storage exports */
  async judge(
    { device, transport }: VolumeDevice,
    newerInHand: boolean,
    context: CallContext,
  ): Promise<Verdict> {
    const standing = await transport.standing(device, context);
    if (standing.state !== 'refused') {
      this.#refusedAt.delete(device.nqn);
      const reason = standing.state === 'away' ? standing.reason : 'the storage still has it';
      return { dead: false, reason };
    }
    if (newerInHand || this.#refusedBefore(device.nqn)) {
      this.#refusedAt.delete(device.nqn);
      return { dead: true, reason: standing.reason };
    }
    const reason = `${standing.reason}; if it says so again in a minute, the device is given up`;
    return { dead: false, reason };
  }

  #refusedBefore(nqn: string): boolean {
    const now = this.#clock.monotonic();
    for (const [other, at] of this.#refusedAt) {
      if (now - at > REFUSAL_COUNTS_MS) this.#refusedAt.delete(other);
    }
    const first = this.#refusedAt.get(nqn);
    if (first === undefined) this.#refusedAt.set(nqn, now);
    return first !== undefined && now - first >= BETWEEN_REFUSALS_MS;
  }
}
