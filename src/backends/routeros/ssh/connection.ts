import type { Socket } from 'node:net';
import type { Client } from 'ssh2';
import type { Clock } from '../../../core/clock.ts';
import type { AheadPolicy } from './ahead-policy.ts';
import type { ExecEnd, ExecReply } from './appliance.ts';
import { type ChannelOpener, heldOpener, plainOpener } from './channel-opener.ts';
import { Exec, type ExecJob } from './exec.ts';
import { ExecChannel } from './exec-channel.ts';
import { lossFailure, SshFailure } from './ssh-failure.ts';

export interface ConnectionParts {
  readonly client: Client;
  readonly socket: Socket;
  readonly ahead: AheadPolicy;
  readonly clock: Clock;
  /** How long the appliance may take to close its side once we have closed ours. */
  readonly endTimeoutMs: number;
}

/** One authenticated connection; it runs one exec at a time. */
export class Connection {
  private readonly open: ChannelOpener;
  private readonly canHold: boolean;
  private readonly socketClosed = Promise.withResolvers<void>();
  private goneListener: ((failure: SshFailure) => void) | undefined;
  private socketError: Error | undefined;
  private failure: SshFailure | undefined;
  /** Has no exec yet. */
  private spare: ExecChannel | undefined;
  private running: { readonly exec: Exec; channel: ExecChannel } | undefined;

  /** To be made before the client's `error` or `close` can be missed. */
  constructor(private readonly parts: ConnectionParts) {
    const held = heldOpener(parts.client);
    this.open = held ?? plainOpener(parts.client);
    this.canHold = held !== undefined;
    parts.client.on('error', (error: Error) => {
      this.socketError ??= error;
    });
    parts.client.on('close', () => this.onClosed());
  }

  /** Why it cannot be used, if so. */
  get gone(): SshFailure | undefined {
    return this.failure;
  }

  /** Calls back once, when it can be used no longer: lost, shut down or dropped. */
  whenGone(listener: (failure: SshFailure) => void): void {
    const { failure } = this;
    if (failure) queueMicrotask(() => listener(failure));
    else this.goneListener = listener;
  }

  /** Resolves once the socket is closed; never rejects. */
  get closed(): Promise<void> {
    return this.socketClosed.promise;
  }

  /** Makes ready for the next exec while nothing runs. */
  openAhead(): void {
    if (this.failure || this.spare || this.running || !this.canHold || !this.parts.ahead.allowed) return;
    this.spare = this.newChannel(true);
  }

  /**
   * Runs one line. A second one before the first has ended is a programming error.
   * @throws what {@link Exec.reply} throws
   */
  async exec(job: ExecJob): Promise<ExecReply> {
    if (this.running) throw new Error('a connection runs one exec at a time');
    job.signal.throwIfAborted();
    const exec = new Exec(job);
    const channel = this.spare ?? this.newChannel(false);
    this.spare = undefined;
    this.running = { exec, channel };
    const abort = () => this.abort(exec);
    job.signal.addEventListener('abort', abort, { once: true });
    if (this.failure) exec.lost(this.failure);
    else channel.run(exec);
    try {
      return await exec.reply;
    } finally {
      job.signal.removeEventListener('abort', abort);
      this.finished();
    }
  }

  /** Closes it in order. What still runs is lost. @returns see {@link ExecEnd} */
  shutDown(failure = new SshFailure('ended', 'the driver ended the connection')): Promise<ExecEnd> {
    const end = this.end(failure);
    this.running?.exec.lost(failure, end);
    return end;
  }

  /** Gives it up without another word, since nobody listens there. What still runs is lost. */
  drop(failure: SshFailure): void {
    this.leave(failure);
    this.running?.exec.lost(failure);
    this.parts.socket.destroy();
  }

  private newChannel(ahead: boolean): ExecChannel {
    return new ExecChannel(this.open, ahead, {
      unusable: (channel, error, exec) => this.unusable(channel, error, exec),
      failed: (channel, error, exec) => this.execRefused(channel, error, exec),
      started: (channel, stream, exec) => {
        if (channel.ahead) this.parts.ahead.served();
        const overflow = () => exec.overflow(this.end());
        exec.listen(stream, overflow, () => exec.closed(this.failure));
      },
    });
  }

  /** A channel that was opened ahead is replaced; without any, this connection is of no use. */
  private unusable(channel: ExecChannel, error: Error, exec: Exec | undefined): void {
    if (this.spare === channel) this.spare = undefined;
    if (this.failure) {
      exec?.lost(this.failure);
      return;
    }
    if (channel.ahead) this.parts.ahead.channelRefused(error.message);
    if (exec === undefined || !this.running) return;
    if (!channel.ahead) {
      exec.lost(new SshFailure('closed', `the appliance refused a session (${error.message})`, error));
      return;
    }
    this.running.channel = this.newChannel(false);
    this.running.channel.run(exec);
  }

  private execRefused(channel: ExecChannel, error: Error, exec: Exec): void {
    if (this.failure) {
      exec.lost(this.failure);
      return;
    }
    if (channel.ahead) this.parts.ahead.channelRefused(error.message);
    const failure = new SshFailure('closed', `the appliance refused the command (${error.message})`, error);
    exec.lost(failure, this.end(failure));
  }

  private abort(exec: Exec): void {
    exec.abort(exec.sent ? this.end() : undefined);
  }

  /** The channel of an exec that was never sent serves the next one. */
  private finished(): void {
    const channel = this.running?.channel;
    this.running = undefined;
    if (channel?.usable) {
      channel.release();
      this.spare = channel;
    }
    this.openAhead();
  }

  /** Closes our side, in order, and waits for the appliance to close its own: by then it has ended the session. */
  private async end(failure = new SshFailure('ended', 'the driver ended the connection')): Promise<ExecEnd> {
    const { client, socket, clock, endTimeoutMs } = this.parts;
    this.leave(failure);
    client.end();
    const timer = new AbortController();
    const closed = this.socketClosed.promise.then(() => 'closed' as const);
    const late = clock.sleep(endTimeoutMs, timer.signal).then(
      () => 'unknown' as const,
      () => 'unknown' as const, // The timer was stopped, and the race is over.
    );
    const end = await Promise.race([closed, late]);
    timer.abort();
    socket.destroy();
    return end;
  }

  private leave(failure: SshFailure): void {
    if (this.failure) return;
    this.failure = failure;
    this.goneListener?.(failure);
  }

  private onClosed(): void {
    this.socketClosed.resolve();
    const failure = lossFailure(this.socketError);
    const unasked = this.failure === undefined && this.socketError === undefined;
    if (unasked && this.spare?.ahead && !this.running) this.parts.ahead.connectionClosed();
    this.leave(failure);
    // ssh2 closes the channels next, and a reply that is whole must not be taken for a lost one.
    const exec = this.running?.exec;
    if (exec) setImmediate(() => exec.lost(failure));
  }
}
