import type { ClientChannel } from 'ssh2';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { type ExecEnd, type ExecReply, ReplyLostError } from './appliance.ts';
import type { SshFailure } from './ssh-failure.ts';

/** What a connection is given to run. */
export interface ExecJob {
  readonly operation: string;
  /** Asked for when it is about to be written. */
  line(): string;
  readonly signal: AbortSignal;
  onSent?(ended: Promise<ExecEnd>): void;
}

/** The line was not sent, and another connection may be tried. */
export class NotSentError extends Error {
  constructor(readonly failure: SshFailure) {
    super(failure.message, { cause: failure });
    this.name = 'NotSentError';
  }
}

/** More is no reply but a flood: lists come in pages. */
const REPLY_LIMIT_BYTES = 16 * 1024 * 1024;

/** One run of one line: strictly either not sent, or sent with an end. */
export class Exec {
  private readonly outcome = Promise.withResolvers<ExecReply>();
  private readonly end = Promise.withResolvers<ExecEnd>();
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private exit: { code: number | undefined } | undefined;
  private written = false;

  constructor(readonly job: ExecJob) {}

  /** @throws NotSentError, ReplyLostError, BackendError `protocol`, the signal's reason, or what `line` throws */
  get reply(): Promise<ExecReply> {
    return this.outcome.promise;
  }

  get sent(): boolean {
    return this.written;
  }

  /** Writes the line. @returns whether it did: the job's own functions may fail, and then nothing was sent */
  send(write: (line: string) => void): boolean {
    let line: string;
    try {
      line = this.job.line();
      this.job.onSent?.(this.end.promise);
    } catch (error) {
      this.outcome.reject(error);
      return false;
    }
    this.written = true;
    write(line);
    return true;
  }

  /** Takes the reply from a channel. @param overflow called once if it grows beyond all reason */
  listen(channel: ClientChannel, overflow: () => void, closed: () => void): void {
    const receive = (chunk: Buffer) => {
      if (this.bytes > REPLY_LIMIT_BYTES) return;
      this.bytes += chunk.length;
      if (this.bytes > REPLY_LIMIT_BYTES) overflow();
      else this.chunks.push(chunk);
    };
    channel.on('data', receive);
    channel.stderr.on('data', receive);
    channel.on('exit', (code: number | null) => {
      this.exit = { code: code ?? undefined };
    });
    channel.on('close', closed);
  }

  /**
   * The channel was closed. Over a connection that was lost, ssh2 closes it too: then the reply is whole only if the
   * exit status had come.
   */
  closed(loss: SshFailure | undefined): void {
    if (loss !== undefined && this.exit === undefined) {
      this.lost(loss);
      return;
    }
    this.end.resolve('replied');
    this.outcome.resolve({ text: this.text(), exitCode: this.exit?.code });
  }

  /**
   * There will be no reply.
   * @param end how it ends on the appliance, where the connection is not gone yet
   */
  lost(failure: SshFailure, end?: Promise<ExecEnd>): void {
    if (!this.written) {
      this.outcome.reject(new NotSentError(failure));
      return;
    }
    this.end.resolve(end ?? (failure.reason === 'closed' ? 'closed' : 'unknown'));
    this.outcome.reject(
      new ReplyLostError(
        `${this.job.operation}: sent to the appliance, but its reply was lost: ${failure.message}`,
        this.text(),
        failure,
      ),
    );
  }

  /** The caller does not wait any longer. @param end of the connection that is given up for it, if sent */
  abort(end: Promise<ExecEnd> | undefined): void {
    if (end !== undefined) this.end.resolve(end);
    this.outcome.reject(this.job.signal.reason);
  }

  /** The reply has no end in sight. */
  overflow(end: Promise<ExecEnd>): void {
    this.end.resolve(end);
    const text = `${this.job.operation}: the appliance's reply is longer than ${REPLY_LIMIT_BYTES} bytes`;
    this.outcome.reject(new BackendError('protocol', text, { uncertain: true }));
  }

  private text(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }
}
