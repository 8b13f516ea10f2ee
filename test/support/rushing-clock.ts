import { SystemClock } from '../../src/core/clock.ts';

/** Waits take no real time. */
export class RushingClock extends SystemClock {
  slept = 0;
  /** Runs at each wait. */
  tick: () => void = () => undefined;

  override monotonic(): number {
    return this.slept;
  }

  override async sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.slept += ms;
    this.tick();
    signal.throwIfAborted();
  }
}
