import type { Clock } from '../../../core/clock.ts';
import type { ExecReply, ExecRequest } from './appliance.ts';
import { NotSentError } from './exec.ts';
import type { Member } from './member.ts';
import type { ExecOutcome, SshMetrics } from './ssh-metrics.ts';
import type { Waiting } from './wait-queue.ts';

/** A request on its way through the pool. */
export class Call<Facts> implements Waiting {
  private readonly outcome = Promise.withResolvers<ExecReply>();
  private readonly queuedAt: number;
  private sentAt: number | undefined;
  private handed = 0;

  constructor(
    private readonly request: ExecRequest<Facts>,
    private readonly clock: Clock,
    private readonly metrics: SshMetrics,
  ) {
    this.queuedAt = clock.monotonic();
  }

  get signal(): AbortSignal {
    return this.request.signal;
  }

  get reply(): Promise<ExecReply> {
    return this.outcome.promise;
  }

  /** How often it was given to a connection. */
  get tries(): number {
    return this.handed;
  }

  abandoned(): void {
    this.waited();
    this.outcome.reject(this.signal.reason);
  }

  refuse(error: Error): void {
    if (this.handed === 0) this.waited();
    this.outcome.reject(error);
  }

  /** Settles {@link reply}, unless the line could not be sent. @returns why not, in that case */
  async runOn({ connection, facts }: Member<Facts>): Promise<NotSentError | undefined> {
    if (this.handed++ === 0) this.waited();
    const { operation, signal } = this.request;
    try {
      const reply = await connection.exec({
        operation,
        signal,
        line: () => this.request.line(facts),
        onSent: (ended) => {
          this.request.onSent?.(ended);
          this.sentAt = this.clock.monotonic();
        },
      });
      this.executed('replied');
      this.outcome.resolve(reply);
    } catch (error) {
      if (error instanceof NotSentError) return error;
      this.executed(signal.aborted ? 'aborted' : 'lost');
      this.outcome.reject(error);
    }
    return undefined;
  }

  private waited(): void {
    this.metrics.waited(this.request.operation, (this.clock.monotonic() - this.queuedAt) / 1000);
  }

  private executed(outcome: ExecOutcome): void {
    if (this.sentAt === undefined) return;
    const seconds = (this.clock.monotonic() - this.sentAt) / 1000;
    this.metrics.executed(this.request.operation, outcome, seconds);
  }
}
