import type { Logger } from '../../../core/observe/logger.ts';

const STRIKES = 3;

/**
 * Whether channels are opened ahead on the connections to one appliance. ASSUMED[channel-ahead]: RouterOS lets a session channel wait
 * for its exec. Where that proves wrong, the driver goes on without, at one round trip more for each exec:
 * - the appliance refuses or closes such a channel: at once;
 * - it closes connections that hold one: after three in a row of which none was used, since one that restarts does
 *   the same.
 */
export class AheadPolicy {
  private strikes = 0;

  constructor(
    private wanted: boolean,
    private readonly logger: Logger,
  ) {}

  get allowed(): boolean {
    return this.wanted;
  }

  /** A channel that was opened ahead has served. */
  served(): void {
    this.strikes = 0;
  }

  channelRefused(why: string): void {
    this.giveUp(why);
  }

  connectionClosed(): void {
    if (++this.strikes >= STRIKES) this.giveUp('connections with a waiting channel get closed');
  }

  private giveUp(why: string): void {
    if (!this.wanted) return;
    this.wanted = false;
    this.logger.info({ why }, 'channels are not opened ahead any longer');
  }
}
