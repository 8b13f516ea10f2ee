import type { FailureReason } from '../../../src/backends/routeros/ssh/ssh-failure.ts';
import type { ExecOutcome, SshMetrics } from '../../../src/backends/routeros/ssh/ssh-metrics.ts';

/** Keeps what is reported. */
export class RecordingSshMetrics implements SshMetrics {
  readonly states: string[] = [];
  readonly failures: FailureReason[] = [];
  readonly executions: { operation: string; outcome: ExecOutcome; seconds: number }[] = [];
  readonly waits: { operation: string; seconds: number }[] = [];
  attempts = 0;
  open = 0;
  depth = 0;

  state(state: string): void {
    this.states.push(state);
  }

  attempted(): void {
    this.attempts++;
  }

  failed(reason: FailureReason): void {
    this.failures.push(reason);
  }

  connections(count: number): void {
    this.open = count;
  }

  queued(depth: number): void {
    this.depth = depth;
  }

  waited(operation: string, seconds: number): void {
    this.waits.push({ operation, seconds });
  }

  executed(operation: string, outcome: ExecOutcome, seconds: number): void {
    this.executions.push({ operation, outcome, seconds });
  }
}
