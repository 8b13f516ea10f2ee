import type { FailureReason } from './ssh-failure.ts';

/** What is reported of the conversation with one appliance. */
export interface SshMetrics {
  state(state: 'connecting' | 'connected' | 'away'): void;
  /** A connection is being opened. */
  attempted(): void;
  /** A connection could not be opened, or was lost. */
  failed(reason: FailureReason): void;
  /** How many authenticated connections there are. */
  connections(count: number): void;
  /** How many calls wait for a connection. */
  queued(depth: number): void;
  /** A call's wait for a connection has ended. */
  waited(operation: string, seconds: number): void;
  /** A line that was sent has ended. */
  executed(operation: string, outcome: ExecOutcome, seconds: number): void;
}

export type ExecOutcome = 'replied' | 'lost' | 'aborted';

/** Keeps nothing: for one-shot commands. */
export const noSshMetrics: SshMetrics = {
  state: () => undefined,
  attempted: () => undefined,
  failed: () => undefined,
  connections: () => undefined,
  queued: () => undefined,
  waited: () => undefined,
  executed: () => undefined,
};
