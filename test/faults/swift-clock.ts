import { SystemClock } from '../../src/core/clock.ts';

/** Waits are over sooner by a factor, so that reconnecting does not take most of a test's time; clocks go as always. */
export class SwiftClock extends SystemClock {
  constructor(private readonly factor: number) {
    super();
  }

  override sleep(ms: number, signal: AbortSignal): Promise<void> {
    return super.sleep(ms / this.factor, signal);
  }
}
