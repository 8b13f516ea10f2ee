import type { Clock } from '../../../core/clock.ts';

/** When the appliance was last heard, over any of its connections. */
export class LifeSigns {
  private last: number;
  private listeners: (() => void)[] = [];

  constructor(private readonly clock: Clock) {
    this.last = clock.monotonic();
  }

  /** Bytes have come, or anything else that only a living appliance does. */
  heard(): void {
    this.last = this.clock.monotonic();
    const listeners = this.listeners;
    if (listeners.length === 0) return;
    this.listeners = [];
    for (const listener of listeners) listener();
  }

  /** How long nothing was heard, ms. */
  silence(): number {
    return this.clock.monotonic() - this.last;
  }

  /** Resolves at the next sign. */
  next(): Promise<void> {
    return new Promise((resolve) => this.listeners.push(resolve));
  }
}
