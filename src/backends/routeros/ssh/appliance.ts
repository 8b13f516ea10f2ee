import { BackendError } from '../../../core/storage/backend-error.ts';
import type { BackendHealth } from '../../../core/storage/storage-backend.ts';

/**
 * The appliance as the rest of the backend sees it: lines go in, replies come out. Reading a reply is not done here:
 * RouterOS exits 0 on errors, so only the text says what happened.
 * @typeParam Facts what the `prepare` hook has learned of a connection: version, packages, uptime
 */
export interface Appliance<Facts> {
  /**
   * Runs one line of script over a connection of its own. Waits in the order of arrival where all are busy.
   * @throws BackendError `unavailable`: not sent; at once while the appliance is away, with the reason and since when
   * @throws ReplyLostError sent, and the reply did not come completely
   * @throws the signal's reason, at once, whether sent or not: {@link ExecRequest.onSent} has told
   */
  exec(request: ExecRequest<Facts>): Promise<ExecReply>;
  /** What is known; no I/O. */
  health(): BackendHealth;
  /**
   * Told of the first connection and of each reconnection after the appliance was away, from now on.
   * @returns what ends it
   */
  onConnected(listener: (event: ConnectedEvent<Facts>) => void): () => void;
  /** For good. Waiting calls get `unavailable`, running ones {@link ReplyLostError}. */
  close(): Promise<void>;
}

export interface ExecRequest<Facts> {
  /** For logs and metrics, such as `createVolume`. */
  readonly operation: string;
  /**
   * The line, asked for once, when it is about to be written and no longer waits for anything: a deadline by the
   * appliance's clock is right if it is computed here. What it throws the call throws, and nothing was sent.
   */
  line(facts: Facts): string;
  readonly signal: AbortSignal;
  /**
   * The line is being written. Until then nothing can have happened on the appliance.
   * @param ended resolves once the exec can no longer do anything there, or cannot be watched any longer; never
   *   rejects. After a failed call, what the line works on stays locked until then.
   */
  onSent?(ended: Promise<ExecEnd>): void;
}

/**
 * How an exec has ended on the appliance.
 * - `replied`: it ran to its end.
 * - `closed`: the appliance has closed or reset the connection. ASSUMED[session-end]: RouterOS stops a session's script then.
 * - `unknown`: the appliance fell silent, or did not answer the end of the connection within `SshTimings.endTimeoutMs`.
 */
export type ExecEnd = 'replied' | 'closed' | 'unknown';

export interface ExecReply {
  /** stdout and stderr in the order of arrival, UTF-8; lines end in `\r\n`. */
  readonly text: string;
  /** undefined: the channel was closed without one. 0 proves nothing. */
  readonly exitCode: number | undefined;
}

/** The line was sent; whether it ran is not known. */
export class ReplyLostError extends BackendError {
  /** @param text what had come of the reply: if it holds the sentinel, the outcome is known after all */
  constructor(
    message: string,
    readonly text: string,
    cause?: unknown,
  ) {
    super('unavailable', message, { uncertain: true, cause });
  }
}

export interface ConnectedEvent<Facts> {
  /** Of the connection with which the appliance came back. */
  readonly facts: Facts;
  /** false: a reconnection after the appliance was away. */
  readonly first: boolean;
}

/** One authenticated connection, before it joins the pool. */
export interface ApplianceSession {
  /** As {@link Appliance.exec}, on this very connection. */
  exec(command: SessionCommand): Promise<ExecReply>;
}

export interface SessionCommand {
  readonly operation: string;
  readonly line: string;
}

/**
 * Runs on each connection of the pool once it is authenticated, before it serves calls. What it throws makes the
 * appliance "away" with that message as the reason, and is tried again by the back-off.
 * @param signal aborts at `SshTimings.prepareTimeoutMs` and when the driver stops
 */
export type Prepare<Facts> = (session: ApplianceSession, signal: AbortSignal) => Promise<Facts>;
