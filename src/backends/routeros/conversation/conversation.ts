import type { CallContext } from '../../../core/call-context.ts';
import type { Clock } from '../../../core/clock.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { Code } from '../script/code.ts';
import { type Reply, readReply, UnreadableReply } from '../script/reply.ts';
import { isLate, LONGEST_LINE, script } from '../script/script.ts';
import { type Appliance, type ExecReply, ReplyLostError } from '../ssh/appliance.ts';
import { kindOf } from './error-table.ts';
import { ExchangeSpans } from './exchange-spans.ts';
import type { ApplianceFacts } from './facts.ts';
import type { InDoubt } from './in-doubt.ts';

/** A line that the network held back for longer than this changes nothing any more, s. */
const START_WITHIN_S = 30;
const STRAY_LOGGED_LENGTH = 500;

export interface Exchange {
  /** For logs, metrics and errors, such as `createVolume`. */
  readonly operation: string;
  readonly body: readonly Code[];
  /** What it writes to: a slot. Others wait with writes to it while the outcome is not known. undefined: it reads. */
  readonly writes?: string;
  /** The script is being sent: from now on it may read anything. */
  readonly onSent?: () => void;
}

export interface ConversationOptions {
  readonly appliance: Appliance<ApplianceFacts>;
  /** Its name, for errors. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly inDoubt: InDoubt;
}

/** One script there, one answer back: the only way in which the operations speak to the appliance. */
export class Conversation {
  constructor(private readonly options: ConversationOptions) {}

  /**
   * @returns the answer; `refusal` is the script's own decision, for the operation to put into words
   * @throws BackendError the kind of RouterOS's text · `unavailable` with `uncertain` the answer is not whole
   */
  async run(exchange: Exchange, context: CallContext): Promise<Reply> {
    const { inDoubt } = this.options;
    if (exchange.writes !== undefined) await inDoubt.settled(exchange.writes, context.signal);
    const nonce = Buffer.from(this.options.random(6)).toString('hex');
    let ended: Promise<unknown> | undefined;
    const spans = new ExchangeSpans(exchange.operation, this.options.name);
    try {
      const answer = await this.options.appliance.exec({
        operation: exchange.operation,
        signal: context.signal,
        line: (facts) => {
          spans.sent();
          return this.line(nonce, exchange, facts);
        },
        onSent: (end) => {
          ended = end;
          exchange.onSent?.();
        },
      });
      return this.read(answer, nonce, exchange, context);
    } catch (error) {
      spans.failed(error);
      const rescued = this.rescue(error, nonce);
      if (rescued) return this.judge(rescued, exchange, context);
      if (exchange.writes !== undefined && ended) inDoubt.add(exchange.writes, ended);
      throw error;
    } finally {
      spans.end();
    }
  }

  /** @throws BackendError `unsupported` it is longer than what the gate has shown to fit; nothing is sent */
  private line(nonce: string, { operation, body }: Exchange, { uptimeS, readAt }: ApplianceFacts): string {
    const elapsedS = (this.options.clock.monotonic() - readAt) / 1000;
    const { line } = script(nonce, Math.ceil(uptimeS + elapsedS) + START_WITHIN_S, body);
    if (line.length <= LONGEST_LINE) return line;
    throw new BackendError(
      'unsupported',
      `${operation}: its script would have ${line.length} bytes, and ${LONGEST_LINE} are known to fit: ask for less at once`,
    );
  }

  private read(
    { text, exitCode }: ExecReply,
    nonce: string,
    exchange: Exchange,
    context: CallContext,
  ): Reply {
    try {
      return this.judge(readReply(text, nonce), exchange, context);
    } catch (error) {
      if (!(error instanceof UnreadableReply)) throw error;
      const { operation } = exchange;
      context.logger.warn({ operation, exitCode, reply: error.message }, 'the appliance answered unreadably');
      throw new BackendError(
        'unavailable',
        `${operation}: the answer of appliance ${this.options.name} was not whole; it is not known whether it was ` +
          'done, try again',
        { uncertain: true, cause: error },
      );
    }
  }

  /** The connection broke, but all of the answer had come. */
  private rescue(error: unknown, nonce: string): Reply | undefined {
    if (!(error instanceof ReplyLostError)) return undefined;
    try {
      return readReply(error.text, nonce);
    } catch {
      return undefined;
    }
  }

  private judge(reply: Reply, { operation }: Exchange, { logger }: CallContext): Reply {
    const { name } = this.options;
    if (reply.stray !== '') {
      logger.warn({ operation, stray: reply.stray.slice(0, STRAY_LOGGED_LENGTH) }, 'the appliance said more');
    }
    if (reply.refusal !== undefined && isLate(reply.refusal)) {
      throw new BackendError(
        'unavailable',
        `${operation}: it reached appliance ${name} more than ${START_WITHIN_S} s late and was not begun; try again`,
      );
    }
    if (reply.error === undefined) return reply;
    const kind = kindOf(reply.error);
    logger.warn({ operation, kind, error: reply.error }, 'the appliance refused');
    if (reply.isDone) {
      throw new BackendError(
        'unavailable',
        `${operation}: appliance ${name} did what it was asked, and then answered: ${reply.error}; try again`,
        { uncertain: true },
      );
    }
    throw new BackendError(kind, `${operation}: appliance ${name} answered: ${reply.error}`);
  }
}
