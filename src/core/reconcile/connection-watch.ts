import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { BackendHealth } from '../storage/storage-backend.ts';
import type { Announcer } from './surroundings.ts';

export interface ConnectionWatchOptions {
  readonly appliance: string;
  /** What is known without asking. */
  readonly health: () => BackendHealth;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly announcer: Announcer;
  /** The appliance is back: what it lost meanwhile has to be looked for. */
  readonly onBack: () => void;
}

/** Reading a field costs nothing; nobody notices two seconds. */
const LOOK_MS = 2_000;

/** Tells when the appliance is lost, and when it is back. */
export class ConnectionWatch {
  private connected: boolean | undefined;
  private since = 0;

  constructor(private readonly options: ConnectionWatchOptions) {}

  /** Until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.look();
      await this.options.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  private look(): void {
    const { connected, since, reason } = this.options.health();
    // Away and back between two looks is seen by the time.
    if (connected === this.connected && since === this.since) return;
    const before = this.connected;
    Object.assign(this, { connected, since });
    if (connected) this.back(before !== undefined);
    else if (before !== undefined) this.lost(reason ?? 'it does not answer');
  }

  private back(again: boolean): void {
    const { appliance, announcer, onBack } = this.options;
    if (again) {
      const message = `appliance ${appliance} answers again`;
      announcer.announce({ kind: 'driver' }, { type: 'Normal', reason: 'ApplianceBack', message });
    }
    onBack();
  }

  private lost(reason: string): void {
    const { appliance, announcer, logger } = this.options;
    logger.warn({ appliance, reason }, 'the appliance is away');
    const message = `appliance ${appliance} is away: ${reason}`;
    announcer.announce({ kind: 'driver' }, { type: 'Warning', reason: 'ApplianceLost', message });
  }
}
