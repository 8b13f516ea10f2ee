import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/observe/logger.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from './lease.ts';

export interface LeaseTimings {
  /** How long others wait without seeing a change of the record before they take over, ms. */
  readonly leaseMs: number;
  /** How long the holder goes on without a successful renewal, ms; shorter than the lease. */
  readonly renewDeadlineMs: number;
  /** Between attempts, ms. */
  readonly retryMs: number;
}

export interface LeaderElectorOptions {
  readonly store: LeaseStore;
  /** Of this process and no other, also after a restart. */
  readonly identity: string;
  readonly timings: LeaseTimings;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly onChange: (leads: boolean) => void;
}

/** A period of leadership. */
export interface Term {
  /** Aborts when the lease is lost, or the work has to end. */
  readonly signal: AbortSignal;
  /** By the clock, whether timers have fired or not: to be asked right before a write. */
  valid(): boolean;
}

/** A released lease is had at once. */
const RELEASED_SECONDS = 1;

/**
 * Holds a Lease while it can. Clocks of different machines are never compared: somebody else's lease has expired when
 * its record, watched from here, has not changed for its whole duration by our own monotonic clock. The holder stops
 * earlier than that, counted from the start of its last successful renewal.
 */
export class LeaderElector {
  private seen: StoredLease | undefined;
  /** Monotonic ms at which `seen` was first seen as it is. */
  private seenAt = 0;
  /** Monotonic ms until which we may act. */
  private validUntil = Number.NEGATIVE_INFINITY;
  /** The end came while we asked for the lease: we may have it without knowing. */
  private interrupted = false;

  constructor(private readonly options: LeaderElectorOptions) {}

  leads(): boolean {
    return this.options.clock.monotonic() < this.validUntil;
  }

  /**
   * Leads whenever it can, until the signal aborts; then releases the lease.
   * @param work is called for each term; its end is waited for before the lease is given up
   */
  async run(signal: AbortSignal, work: (term: Term) => Promise<void>): Promise<void> {
    const { logger, clock, timings, random } = this.options;
    while (!signal.aborted) {
      if (await this.acquire(signal)) await this.term(signal, work);
      else await clock.sleep(timings.retryMs * (1 + 0.2 * random()), signal).catch(() => undefined);
    }
    if (this.interrupted) await this.giveBack();
    logger.debug({}, 'leader election has ended');
  }

  private async acquire(signal: AbortSignal): Promise<boolean> {
    const { identity, logger, store } = this.options;
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(this.options.timings.renewDeadlineMs)]);
      const found = await store.read(limited);
      this.observe(found);
      if (found && !this.free(found)) return false;
      await this.write(identity, found, limited);
      return true;
    } catch (error) {
      this.interrupted = signal.aborted;
      if (!signal.aborted) logger.debug({ cause: error }, 'the lease was not had');
      return false;
    }
  }

  private free({ holder, seconds }: StoredLease): boolean {
    if (holder === '' || holder === this.options.identity) return true;
    const longest = Math.max(seconds * 1000, this.options.timings.leaseMs);
    return this.options.clock.monotonic() - this.seenAt > longest;
  }

  private observe(found: StoredLease | undefined): void {
    if (found?.resourceVersion !== this.seen?.resourceVersion) {
      this.seenAt = this.options.clock.monotonic();
    }
    this.seen = found;
  }

  /** Counts from before the request: others may see the record at any time after that. */
  private async write(holder: string, over: StoredLease | undefined, signal: AbortSignal): Promise<void> {
    const { clock, store, timings } = this.options;
    const begun = clock.monotonic();
    this.observe(await store.write(this.record(holder, over), over?.resourceVersion, signal));
    this.validUntil = holder === '' ? Number.NEGATIVE_INFINITY : begun + timings.renewDeadlineMs;
  }

  private record(holder: string, over: StoredLease | undefined): LeaseRecord {
    const { clock, timings } = this.options;
    // MicroTime, RFC 3339 with six digits (k8s.io/apimachinery).
    const now = new Date(clock.now()).toISOString().replace('Z', '000Z');
    const same = over?.holder === holder || holder === '';
    return {
      holder,
      seconds: holder === '' ? RELEASED_SECONDS : Math.ceil(timings.leaseMs / 1000),
      transitions: (over?.transitions ?? 0) + (over && !same ? 1 : 0),
      renewTime: now,
      acquireTime: same ? (over?.acquireTime ?? now) : now,
    };
  }

  private async term(signal: AbortSignal, work: (term: Term) => Promise<void>): Promise<void> {
    const { logger, onChange } = this.options;
    const lost = new AbortController();
    const both = AbortSignal.any([signal, lost.signal]);
    logger.info({ identity: this.options.identity }, 'leading');
    onChange(true);
    const done = work({ signal: both, valid: () => !both.aborted && this.leads() }).catch((error: unknown) =>
      logger.error({ cause: error }, 'the work of the leader has failed'),
    );
    await this.renew(both);
    const released = signal.aborted;
    lost.abort(new Error('the lease was lost'));
    if (!released) logger.warn({}, 'the lease was lost: acting no more');
    await done;
    onChange(false);
    if (released) await this.release();
    this.validUntil = Number.NEGATIVE_INFINITY;
  }

  /** Renews until it cannot any more, or the signal aborts. */
  private async renew(signal: AbortSignal): Promise<void> {
    const { clock, timings, random } = this.options;
    while (this.leads() && !signal.aborted) {
      const left = this.validUntil - clock.monotonic();
      const wait = Math.min(timings.retryMs * (0.9 + 0.2 * random()), left);
      await clock.sleep(wait, signal).catch(() => undefined);
      if (signal.aborted || !this.leads()) return;
      if (!(await this.renewOnce(signal))) return;
    }
  }

  /** @returns false where somebody else has the lease */
  private async renewOnce(signal: AbortSignal): Promise<boolean> {
    const { clock, identity, logger, store } = this.options;
    const limit = new AbortController();
    const over = new AbortController();
    clock
      .sleep(this.validUntil - clock.monotonic(), over.signal)
      .then(() => limit.abort(new Error('the renewal came too late')))
      .catch(() => undefined);
    const limited = AbortSignal.any([signal, limit.signal]);
    try {
      await this.write(identity, this.seen, limited);
    } catch (error) {
      if (signal.aborted) return true;
      logger.warn({ cause: error }, 'the lease was not renewed');
      const found = await store.read(limited).catch(() => this.seen);
      this.observe(found);
      if (found && found.holder !== identity) return false;
    } finally {
      over.abort();
    }
    return true;
  }

  private async giveBack(): Promise<void> {
    const { store, identity, timings, logger } = this.options;
    const limit = AbortSignal.timeout(timings.renewDeadlineMs);
    try {
      const found = await store.read(limit);
      if (found?.holder === identity) await this.write('', found, limit);
    } catch (error) {
      logger.debug({ cause: error }, 'the lease was not given back: others wait until it has expired');
    }
  }

  private async release(): Promise<void> {
    const { timings, logger } = this.options;
    if (!this.leads()) return;
    await this.write('', this.seen, AbortSignal.timeout(timings.renewDeadlineMs)).catch((error: unknown) =>
      logger.warn({ cause: error }, 'the lease was not released: others wait until it has expired'),
    );
  }
}
