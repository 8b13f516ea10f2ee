import type { Clock } from '../core/clock.ts';

/** Aborts what has not shown a sign of life for too long: a network that drops packets closes no connection. */
export class Watchdog {
  private readonly bite = new AbortController();
  private readonly over = new AbortController();
  private fedAt: number;
  /** Aborts with the outer signal, or once the dog has bitten. */
  readonly signal: AbortSignal;

  constructor(
    private readonly clock: Clock,
    private readonly silenceMs: number,
    outer: AbortSignal,
  ) {
    this.fedAt = clock.monotonic();
    this.signal = AbortSignal.any([outer, this.bite.signal]);
    this.watch().catch(() => undefined); // It only ends by `stop`.
  }

  feed(): void {
    this.fedAt = this.clock.monotonic();
  }

  stop(): void {
    this.over.abort();
  }

  private async watch(): Promise<void> {
    for (;;) {
      const left = this.fedAt + this.silenceMs - this.clock.monotonic();
      if (left <= 0) break;
      await this.clock.sleep(left, this.over.signal);
    }
    this.bite.abort(new Error(`silent for ${this.silenceMs} ms`));
  }
}
