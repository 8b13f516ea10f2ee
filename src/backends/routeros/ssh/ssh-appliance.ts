import type { Clock } from '../../../core/clock.ts';
import type { Logger } from '../../../core/observe/logger.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { BackendHealth } from '../../../core/storage/storage-backend.ts';
import { AheadPolicy } from './ahead-policy.ts';
import type { Appliance, ConnectedEvent, ExecReply, ExecRequest, Prepare } from './appliance.ts';
import { backOffMs } from './back-off.ts';
import { Dialer } from './dialer.ts';
import { LifeSigns } from './life-signs.ts';
import { type Member, MemberOpener } from './member.ts';
import { Pool } from './pool.ts';
import { asFailure, SshFailure } from './ssh-failure.ts';
import type { SshMetrics } from './ssh-metrics.ts';
import { DEFAULT_POOL_LIMIT, type SshSettings } from './ssh-settings.ts';
import { targetOf } from './target.ts';

export interface SshApplianceParts<Facts> {
  readonly settings: SshSettings;
  readonly prepare: Prepare<Facts>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: SshMetrics;
}

type State =
  | { readonly name: 'connecting'; readonly since: number }
  | { readonly name: 'connected'; readonly since: number }
  | { readonly name: 'away'; readonly since: number; readonly reason: string };

/** One appliance over SSH: connects, stays connected, comes back. */
export class SshAppliance<Facts> implements Appliance<Facts> {
  private readonly timings;
  private readonly signs: LifeSigns;
  private readonly dialer: Dialer;
  private readonly opener: MemberOpener<Facts>;
  private readonly logger: Logger;
  private readonly listeners = new Set<(event: ConnectedEvent<Facts>) => void>();
  private readonly stop = new AbortController();
  private state: State;
  private pool: Pool<Facts> | undefined;
  private work: Promise<void> | undefined;
  private met = false;

  /** @throws BackendError `invalid`: settings with which it can never work */
  constructor(private readonly parts: SshApplianceParts<Facts>) {
    const { settings, clock, metrics, prepare } = parts;
    const target = targetOf(settings);
    this.timings = target.timings;
    this.logger = parts.logger.child({ appliance: settings.name });
    this.signs = new LifeSigns(clock);
    const ahead = new AheadPolicy(settings.channelAhead ?? true, this.logger);
    this.dialer = new Dialer(target, { clock, signs: this.signs, ahead });
    const { prepareTimeoutMs } = target.timings;
    const { dialer, logger } = this;
    this.opener = new MemberOpener({ dialer, prepare, prepareTimeoutMs, clock, metrics, logger });
    this.state = { name: 'connecting', since: clock.now() };
  }

  /** Begins to connect, and returns at once: the driver serves without an appliance. */
  start(): void {
    if (this.work || this.stop.signal.aborted) return;
    if (this.parts.settings.hostKey === undefined) {
      this.logger.warn({}, 'the host key is NOT checked (insecure mode): whoever answers is trusted');
    }
    this.parts.metrics.state('connecting');
    this.work = this.stayConnected(this.stop.signal).catch((error: unknown) => {
      if (!this.stop.signal.aborted) throw error;
    });
  }

  exec(request: ExecRequest<Facts>): Promise<ExecReply> {
    if (request.signal.aborted) return Promise.reject(request.signal.reason);
    return this.pool ? this.pool.exec(request) : Promise.reject(this.refusal());
  }

  health(): BackendHealth {
    const { state } = this;
    const { since } = state;
    if (state.name === 'connected') return { connected: true, since };
    const reason = state.name === 'away' ? state.reason : 'not connected yet';
    return { connected: false, since, reason };
  }

  onConnected(listener: (event: ConnectedEvent<Facts>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (!this.stop.signal.aborted) {
      const failure = new SshFailure('ended', 'the driver has closed the connection');
      this.stop.abort(failure);
      if (this.pool) await this.pool.close(failure);
      else this.away(failure);
    }
    await this.work;
  }

  private async stayConnected(signal: AbortSignal): Promise<never> {
    for (let failures = 0; ; ) {
      try {
        const member = await this.opener.open(signal);
        failures = 0;
        await this.serveWith(member);
      } catch (error) {
        signal.throwIfAborted();
        this.away(asFailure(error));
      }
      failures++;
      await this.parts.clock.sleep(backOffMs(failures, this.parts.random), signal);
    }
  }

  /** Resolves when no connection is left. */
  private serveWith(member: Member<Facts>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { settings, clock, metrics } = this.parts;
    this.pool = new Pool<Facts>(
      {
        limit: settings.poolLimit ?? DEFAULT_POOL_LIMIT,
        timings: this.timings,
        clock,
        metrics,
        signs: this.signs,
        logger: this.logger,
        open: (signal) => this.opener.open(signal),
        knock: (signal) => this.dialer.knock(signal),
        refusal: () => this.refusal(),
        ended: (failure) => {
          this.away(failure);
          resolve();
        },
      },
      member,
    );
    this.connected(member.facts);
    return promise;
  }

  private connected(facts: Facts): void {
    const { clock, metrics } = this.parts;
    const first = !this.met;
    this.met = true;
    this.state = { name: 'connected', since: clock.now() };
    metrics.state('connected');
    this.logger.info({ first }, 'connected to the appliance');
    for (const listener of [...this.listeners]) this.tell(listener, { facts, first });
  }

  private tell(listener: (event: ConnectedEvent<Facts>) => void, event: ConnectedEvent<Facts>): void {
    try {
      listener(event);
    } catch (error) {
      this.logger.error({ error }, 'a listener to connections failed');
    }
  }

  /** Keeps since when; says a reason once. */
  private away({ reason, message }: SshFailure): void {
    const { state } = this;
    const { clock, metrics } = this.parts;
    this.pool = undefined;
    const again = state.name === 'away' && state.reason === message;
    this.state = { name: 'away', since: state.name === 'away' ? state.since : clock.now(), reason: message };
    metrics.state('away');
    if (again) this.logger.debug({ reason }, 'the appliance is still away');
    else if (reason === 'ended') this.logger.info({}, 'the connection to the appliance is closed');
    else this.logger.warn({ reason, detail: message }, 'the appliance is away');
  }

  private refusal(): BackendError {
    const { since, reason } = this.health();
    const when = new Date(since).toISOString();
    const text = `appliance ${this.parts.settings.name} is away since ${when}: ${reason}`;
    return new BackendError('unavailable', text);
  }
}
