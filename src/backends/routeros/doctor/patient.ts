import type { Clock } from '../../../core/clock.ts';
import { silentLogger } from '../../../core/observe/logger.ts';
import type { Code } from '../script/code.ts';
import { type Reply, readReply } from '../script/reply.ts';
import { script } from '../script/script.ts';
import { AheadPolicy } from '../ssh/ahead-policy.ts';
import type { ExecEnd, ExecReply } from '../ssh/appliance.ts';
import type { Connection } from '../ssh/connection.ts';
import { Dialer } from '../ssh/dialer.ts';
import { LifeSigns } from '../ssh/life-signs.ts';
import type { SshAccess } from '../ssh/ssh-access.ts';
import type { SshSettings } from '../ssh/ssh-settings.ts';
import { targetOf } from '../ssh/target.ts';

/** An answer that takes longer has gone. */
const EXEC_TIMEOUT_MS = 30_000;

export interface PatientOptions {
  readonly access: SshAccess;
  readonly ssh: SshSettings;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  /** Aborts when the examination is to end. */
  readonly signal: AbortSignal;
}

/** The appliance as the doctor speaks to it: one connection, one line at a time, and the answer as it came. */
export class Patient {
  /** Whether channels that were opened ahead have served so far. */
  readonly ahead = new AheadPolicy(true, silentLogger);
  private readonly dialer: Dialer;
  private connection: Connection | undefined;
  private lastEnd: Promise<ExecEnd> | undefined;

  /** @throws BackendError `invalid` settings with which it can never work */
  constructor(private readonly options: PatientOptions) {
    const { clock } = options;
    this.dialer = new Dialer(targetOf(options.ssh), {
      clock,
      signs: new LifeSigns(clock),
      ahead: this.ahead,
    });
  }

  get access(): SshAccess {
    return this.options.access;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  get signal(): AbortSignal {
    return this.options.signal;
  }

  random(bytes: number): string {
    return Buffer.from(this.options.random(bytes)).toString('hex');
  }

  /** Logs in, if need be. @throws SshFailure */
  async open(signal = this.signal): Promise<void> {
    await this.connected(signal);
  }

  /**
   * Runs one line as it is.
   * @param signal in place of the examination's own, for what comes after its end
   * @throws SshFailure, ReplyLostError, the signal's reason
   */
  async exec(operation: string, line: string, signal = this.signal): Promise<ExecReply> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(EXEC_TIMEOUT_MS)]);
    const connection = await this.connected(limited);
    return connection.exec({
      operation,
      line: () => line,
      signal: limited,
      onSent: (ended) => {
        this.lastEnd = ended;
      },
    });
  }

  /**
   * Runs a script; what RouterOS says to it is in the reply, not thrown.
   * @throws UnreadableReply, and as {@link exec}
   */
  async ask(operation: string, body: readonly Code[], signal?: AbortSignal): Promise<Reply> {
    const nonce = this.random(6);
    const { text } = await this.exec(operation, script(nonce, undefined, body).line, signal);
    return readReply(text, nonce);
  }

  /** Resolves once the last line can do nothing on the appliance any more. */
  async settled(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener('abort', abort, { once: true });
    await Promise.race([this.lastEnd, aborted.promise]);
    signal.removeEventListener('abort', abort);
  }

  async close(): Promise<void> {
    await this.connection?.shutDown();
  }

  private async connected(signal: AbortSignal): Promise<Connection> {
    if (!this.connection || this.connection.gone) this.connection = await this.dialer.dial(signal);
    return this.connection;
  }
}
