import type { Clock } from '../../../src/core/clock.ts';

const pad = (value: number) => value.toString().padStart(2, '0');

/** `2025-11-11 14:32:41`: how RouterOS 7 writes a date with time; the appliance's time zone is UTC. */
export function dateTime(ms: number): string {
  return `${date(ms)} ${timeOfDay(ms)}`;
}

export function date(ms: number): string {
  const at = new Date(ms);
  return `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`;
}

export function timeOfDay(ms: number): string {
  const at = new Date(ms);
  return `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`;
}

/** The appliance's own clocks: its wall clock can be wrong and jump, and it starts anew at each boot. */
export class ApplianceClock {
  private bootedAt: number;

  constructor(
    private readonly clock: Clock,
    /** What its wall clock is ahead of the true one, ms. */
    public aheadMs = 0,
  ) {
    this.bootedAt = clock.monotonic();
  }

  /** Wall clock, ms since 1970. */
  readonly now = (): number => this.clock.now() + this.aheadMs;

  /** For waits; goes on through reboots. */
  readonly monotonic = (): number => this.clock.monotonic();

  get uptimeMs(): number {
    return this.clock.monotonic() - this.bootedAt;
  }

  boot(): void {
    this.bootedAt = this.clock.monotonic();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.clock.sleep(ms, signal);
  }
}
