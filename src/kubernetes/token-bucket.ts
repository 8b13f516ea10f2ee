import type { Clock } from '../core/clock.ts';

export interface Rate {
  readonly perSecond: number;
  /** How many may come at once after a pause. */
  readonly burst: number;
}

/** Spaces out what would be a storm: each taker waits for its turn, in the order of arrival. */
export class TokenBucket {
  /** Monotonic ms at which the bucket would be full again. */
  private fullAt = 0;

  constructor(
    private readonly clock: Clock,
    private readonly rate: Rate,
  ) {}

  /** @throws the signal's reason; its turn is used up all the same */
  async take(signal: AbortSignal): Promise<void> {
    const now = this.clock.monotonic();
    const step = 1000 / this.rate.perSecond;
    this.fullAt = Math.max(this.fullAt, now) + step;
    const wait = this.fullAt - now - step * this.rate.burst;
    if (wait > 0) await this.clock.sleep(wait, signal);
    else signal.throwIfAborted();
  }

  /** Takes a token if there is one. */
  tryTake(): boolean {
    const now = this.clock.monotonic();
    const step = 1000 / this.rate.perSecond;
    const next = Math.max(this.fullAt, now) + step;
    if (next - now > step * this.rate.burst) return false;
    this.fullAt = next;
    return true;
  }
}
