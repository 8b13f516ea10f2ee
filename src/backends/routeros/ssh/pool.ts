import type { Clock } from '../../../core/clock.ts';
import type { Logger } from '../../../core/observe/logger.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { ExecReply, ExecRequest } from './appliance.ts';
import { Call } from './call.ts';
import type { NotSentError } from './exec.ts';
import { untilSilent } from './heartbeat.ts';
import type { LifeSigns } from './life-signs.ts';
import type { Member } from './member.ts';
import { asFailure, SshFailure } from './ssh-failure.ts';
import type { SshMetrics } from './ssh-metrics.ts';
import type { SshTimings } from './ssh-settings.ts';
import { WaitQueue } from './wait-queue.ts';
import { withTimeout } from './with-timeout.ts';

export interface PoolParts<Facts> {
  readonly limit: number;
  readonly timings: SshTimings;
  readonly clock: Clock;
  readonly signs: LifeSigns;
  readonly metrics: SshMetrics;
  readonly logger: Logger;
  /** @throws SshFailure */
  open(signal: AbortSignal): Promise<Member<Facts>>;
  /** Asks for a sign of life without a session. */
  knock(signal: AbortSignal): Promise<void>;
  /** The last connection is gone, and no call can be served. Called once, before calls are told. */
  ended(failure: SshFailure): void;
  /** What waiting calls are told after `ended`. */
  refusal(): BackendError;
}

/** How often a call is given to another connection when its line could not be sent. */
const TRIES = 3;
const CLOSE_TIMEOUT_MS = 1_000;

interface Seat<Facts> extends Member<Facts> {
  /** Monotonic ms of its last work. */
  usedAt: number;
}

/**
 * The connections between one arrival of the appliance and its going away: one exec at a time on each, further ones
 * while calls wait, up to the limit. Not from a library: p-queue bounds a number of tasks, and here tasks are handed
 * to connections that come and go.
 */
export class Pool<Facts> {
  private readonly seats = new Set<Seat<Facts>>();
  /** Those without work, the last used one last: it is taken first, so that the others may go. */
  private idle: Seat<Facts>[] = [];
  private readonly queue: WaitQueue<Call<Facts>>;
  private readonly over = new AbortController();
  private opening = 0;
  /** Ended by us, and not yet closed by the appliance: they still count as sessions there. */
  private ending = 0;
  private growPaused = false;
  private turnTaken = false;

  constructor(
    private readonly parts: PoolParts<Facts>,
    first: Member<Facts>,
  ) {
    this.queue = new WaitQueue((length) => parts.metrics.queued(length));
    this.seat(first);
    this.watch();
    this.shrinkForEver().catch(() => undefined); // The pool is over.
  }

  exec(request: ExecRequest<Facts>): Promise<ExecReply> {
    if (this.over.signal.aborted) return Promise.reject(this.parts.refusal());
    const call = new Call(request, this.parts.clock, this.parts.metrics);
    this.queue.push(call);
    this.serve();
    return call.reply;
  }

  /** Ends it all in order. What runs is lost. */
  async close(failure: SshFailure): Promise<void> {
    const connections = [...this.seats].map((seat) => seat.connection);
    this.finish(failure);
    const timer = new AbortController();
    const late = this.parts.clock.sleep(CLOSE_TIMEOUT_MS, timer.signal).catch(() => undefined);
    await Promise.race([Promise.all(connections.map((connection) => connection.shutDown(failure))), late]);
    timer.abort();
    for (const connection of connections) connection.drop(failure);
  }

  private serve(): void {
    if (!this.turnTaken) this.serveOne();
    this.grow();
  }

  /**
   * Each further call in a turn of the event loop of its own: replies come in bunches, to write a line costs about a
   * ms, and a Probe must not wait for eight of them.
   */
  private serveOne(): void {
    const call = this.idle.length > 0 ? this.queue.shift() : undefined;
    const seat = call && this.idle.pop();
    if (!seat) return;
    this.turnTaken = true;
    setImmediate(() => {
      this.turnTaken = false;
      this.serveOne();
    });
    void this.run(seat, call);
  }

  private async run(seat: Seat<Facts>, call: Call<Facts>): Promise<void> {
    const fault = await call.runOn(seat);
    if (fault) this.callAgain(seat, call, fault);
    this.release(seat);
  }

  /** Not sent: nobody can tell it from a call that has only just come. */
  private callAgain(seat: Seat<Facts>, call: Call<Facts>, { failure }: NotSentError): void {
    if (!seat.connection.gone) void seat.connection.shutDown(failure);
    if (this.over.signal.aborted) call.refuse(this.parts.refusal());
    else if (call.signal.aborted) call.abandoned();
    else if (call.tries < TRIES) this.queue.pushFront(call);
    else call.refuse(new BackendError('unavailable', `not sent: ${failure.message}`, { cause: failure }));
  }

  private release(seat: Seat<Facts>): void {
    seat.usedAt = this.parts.clock.monotonic();
    if (this.seats.has(seat)) this.idle.push(seat);
    this.serve();
  }

  private seat(member: Member<Facts>): void {
    const seat = { ...member, usedAt: this.parts.clock.monotonic() };
    this.seats.add(seat);
    member.connection.whenGone((failure) => this.unseat(seat, failure));
    member.connection.openAhead();
    this.idle.push(seat);
    this.parts.metrics.connections(this.seats.size);
  }

  private unseat(seat: Seat<Facts>, failure: SshFailure): void {
    this.seats.delete(seat);
    this.idle = this.idle.filter((other) => other !== seat);
    this.parts.metrics.connections(this.seats.size);
    this.ending++;
    void seat.connection.closed.then(() => {
      this.ending--;
      this.serve();
    });
    if (this.over.signal.aborted) return;
    if (failure.reason !== 'ended') this.parts.metrics.failed(failure.reason);
    if (failure.reason !== 'ended' && this.seats.size === 0) this.finish(failure);
    else this.serve();
  }

  /** As many further connections as calls wait, and always one: without any, the appliance would be away. */
  private grow(): void {
    if (this.over.signal.aborted) return;
    const allowed = this.growPaused ? 0 : this.parts.limit - this.seats.size - this.ending;
    const room = this.seats.size === 0 ? Math.max(allowed, 1) : allowed;
    const wanted = Math.max(this.queue.length - this.idle.length, this.seats.size === 0 ? 1 : 0);
    for (let missing = Math.min(wanted, room) - this.opening; missing > 0; missing--) void this.openOne();
  }

  private async openOne(): Promise<void> {
    this.opening++;
    try {
      const member = await this.parts.open(this.over.signal);
      if (this.over.signal.aborted) void member.connection.shutDown();
      else this.seat(member);
    } catch (error) {
      this.refused(error);
    }
    this.opening--;
    this.serve();
  }

  /**
   * Those that stand go on. ASSUMED[beyond-max-sessions]: at `max-sessions`, which others use too, RouterOS refuses or closes a further
   * connection; any other fault of a further one is taken the same way.
   */
  private refused(error: unknown): void {
    if (this.over.signal.aborted) return;
    const { reason, message } = asFailure(error);
    if (this.seats.size === 0) {
      this.finish(asFailure(error));
      return;
    }
    const { clock, timings, logger } = this.parts;
    const fields = { connections: this.seats.size, reason, detail: message };
    logger.warn(fields, 'no further connection to the appliance for now');
    this.growPaused = true;
    clock.sleep(timings.growPauseMs, this.over.signal).then(
      () => {
        this.growPaused = false;
        this.serve();
      },
      () => undefined, // The pool is over.
    );
  }

  /** All that waits is refused at once. */
  private finish(failure: SshFailure): void {
    if (this.over.signal.aborted) return;
    this.over.abort(failure);
    this.parts.ended(failure);
    for (let call = this.queue.shift(); call; call = this.queue.shift()) call.refuse(this.parts.refusal());
  }

  private watch(): void {
    const { clock, signs, timings } = this.parts;
    const { probeAfterMs, probeTimeoutMs } = timings;
    const parts = { clock, signs, probeAfterMs, probeTimeoutMs, stimulate: () => this.stimulate() };
    untilSilent(parts, this.over.signal).then(
      (ms) => this.silent(new SshFailure('silent', `nothing was heard for ${Math.round(ms / 1000)} s`)),
      () => undefined, // The pool is over.
    );
  }

  private silent(failure: SshFailure): void {
    this.parts.metrics.failed(failure.reason);
    this.finish(failure);
    for (const { connection } of [...this.seats]) connection.drop(failure);
  }

  /**
   * A line over a connection without work. Where all are busy, a further connection or at least a knock at the port:
   * a second channel beside a running exec is what RouterOS was seen to block.
   */
  private stimulate(): void {
    const seat = this.idle.pop();
    if (seat) void this.probe(seat);
    else if (!this.growPaused && this.seats.size + this.ending + this.opening < this.parts.limit)
      void this.openOne();
    else void this.within('knock', (signal) => this.parts.knock(signal));
  }

  /** One that does not answer is ended by its abort: others may be alive. */
  private async probe(seat: Seat<Facts>): Promise<void> {
    const exec = (signal: AbortSignal) =>
      seat.connection.exec({ operation: 'probe', line: () => ':put ""', signal });
    await this.within('probe', exec);
    const { usedAt } = seat;
    this.release(seat);
    seat.usedAt = usedAt;
  }

  private async within(what: string, task: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const { clock, timings, logger } = this.parts;
    const late = () => new Error('timeout');
    // Longer than the heartbeat waits: its verdict is about them all, and comes first.
    await withTimeout(clock, 2 * timings.probeTimeoutMs, this.over.signal, late, task).catch(
      (error: unknown) =>
        logger.debug({ what, error: String(error) }, 'the appliance did not answer a sign of life'),
    );
  }

  private async shrinkForEver(): Promise<never> {
    const { clock, timings } = this.parts;
    for (;;) {
      await clock.sleep(timings.idleMs, this.over.signal);
      const old = this.idle.filter((seat) => seat.usedAt <= clock.monotonic() - timings.idleMs);
      for (const { connection } of old) if (this.seats.size > 1) void connection.shutDown();
    }
  }
}
