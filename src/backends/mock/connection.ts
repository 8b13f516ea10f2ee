import type { Clock } from '../../core/clock.ts';
import { BackendError } from '../../core/storage/backend-error.ts';
import type { BackendHealth } from '../../core/storage/storage-backend.ts';

/** Whether the appliance answers, as tests decide it. */
export class Connection {
  private state: BackendHealth;
  private closed = false;

  constructor(
    private readonly name: string,
    private readonly clock: Clock,
  ) {
    this.state = { connected: true, since: clock.now() };
  }

  health(): BackendHealth {
    return this.state;
  }

  disconnect(reason: string): void {
    const since = this.state.connected ? this.clock.now() : this.state.since;
    this.state = { connected: false, since, reason };
  }

  reconnect(): void {
    if (!this.state.connected && !this.closed) this.state = { connected: true, since: this.clock.now() };
  }

  /** For good. */
  close(): void {
    this.disconnect('the mock backend was closed');
    this.closed = true;
  }

  /** @throws BackendError `unavailable` with the reason and since when */
  require(): void {
    const { connected, since, reason } = this.state;
    if (connected) return;
    const when = new Date(since).toISOString();
    throw new BackendError(
      'unavailable',
      `appliance ${this.name} is away since ${when}: ${reason}; it is tried again`,
    );
  }
}
