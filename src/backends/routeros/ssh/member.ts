import type { Clock } from '../../../core/clock.ts';
import type { Logger } from '../../../core/observe/logger.ts';
import type { Prepare } from './appliance.ts';
import type { Connection } from './connection.ts';
import type { Dialer } from './dialer.ts';
import { SshFailure } from './ssh-failure.ts';
import type { SshMetrics } from './ssh-metrics.ts';
import { withTimeout } from './with-timeout.ts';

/** A connection that is ready to serve. */
export interface Member<Facts> {
  readonly connection: Connection;
  readonly facts: Facts;
}

export interface MemberOpenerParts<Facts> {
  readonly dialer: Dialer;
  readonly prepare: Prepare<Facts>;
  readonly prepareTimeoutMs: number;
  readonly clock: Clock;
  readonly metrics: SshMetrics;
  readonly logger: Logger;
}

/** Connects, logs in, and runs the `prepare` hook. */
export class MemberOpener<Facts> {
  constructor(private readonly parts: MemberOpenerParts<Facts>) {}

  /**
   * @throws SshFailure
   * @throws the signal's reason
   */
  async open(signal: AbortSignal): Promise<Member<Facts>> {
    const { clock, dialer, metrics, logger } = this.parts;
    const begin = clock.monotonic();
    metrics.attempted();
    try {
      const connection = await dialer.dial(signal);
      const facts = await this.prepare(connection, signal);
      if (connection.gone) throw connection.gone;
      logger.debug({ ms: Math.round(clock.monotonic() - begin) }, 'connection opened');
      return { connection, facts };
    } catch (error) {
      if (error instanceof SshFailure && !signal.aborted) metrics.failed(error.reason);
      throw error;
    }
  }

  private async prepare(connection: Connection, parent: AbortSignal): Promise<Facts> {
    const { clock, prepareTimeoutMs, prepare } = this.parts;
    const late = () =>
      new SshFailure('prepare', `no answer after the login within ${prepareTimeoutMs / 1000} s`);
    try {
      return await withTimeout(clock, prepareTimeoutMs, parent, late, (signal) =>
        prepare(
          { exec: ({ operation, line }) => connection.exec({ operation, line: () => line, signal }) },
          signal,
        ),
      );
    } catch (error) {
      const lost = connection.gone;
      void connection.shutDown();
      parent.throwIfAborted();
      if (error instanceof SshFailure) throw error;
      if (lost && lost.reason !== 'ended') throw lost;
      throw new SshFailure('prepare', error instanceof Error ? error.message : String(error), error);
    }
  }
}
