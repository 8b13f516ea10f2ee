import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { FailureReason } from './ssh-failure.ts';
import type { ExecOutcome, SshMetrics } from './ssh-metrics.ts';

const STATES = ['connecting', 'connected', 'away'] as const;
/** From a hit in the local network to a command that takes its time. */
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The conversation with one appliance, for Prometheus. */
export class PrometheusSshMetrics implements SshMetrics {
  private readonly states: Gauge;
  private readonly attempts: Counter;
  private readonly failures: Counter;
  private readonly open: Gauge;
  private readonly queue: Gauge;
  private readonly waits: Histogram;
  private readonly execs: Histogram;

  constructor(
    registry: Registry,
    private readonly appliance: string,
  ) {
    const registers = [registry];
    this.states = new Gauge({
      name: 'rose_csi_ssh_state',
      help: '1 for the state that the conversation with the appliance is in, else 0.',
      labelNames: ['appliance', 'state'],
      registers,
    });
    this.attempts = new Counter({
      name: 'rose_csi_ssh_connection_attempts_total',
      help: 'SSH connections that were begun.',
      labelNames: ['appliance'],
      registers,
    });
    this.failures = new Counter({
      name: 'rose_csi_ssh_connection_failures_total',
      help: 'SSH connections that could not be opened, or were lost, by reason.',
      labelNames: ['appliance', 'reason'],
      registers,
    });
    this.open = new Gauge({
      name: 'rose_csi_ssh_connections',
      help: 'Authenticated SSH connections.',
      labelNames: ['appliance'],
      registers,
    });
    this.queue = new Gauge({
      name: 'rose_csi_ssh_queue_depth',
      help: 'Calls that wait for a connection.',
      labelNames: ['appliance'],
      registers,
    });
    this.waits = new Histogram({
      name: 'rose_csi_ssh_queue_seconds',
      help: 'How long calls waited for a connection.',
      labelNames: ['appliance', 'operation'],
      buckets: SECONDS,
      registers,
    });
    this.execs = new Histogram({
      name: 'rose_csi_ssh_exec_seconds',
      help: 'From sending a script to the end of its answer, by operation and outcome.',
      labelNames: ['appliance', 'operation', 'outcome'],
      buckets: SECONDS,
      registers,
    });
  }

  state(state: (typeof STATES)[number]): void {
    const { appliance } = this;
    for (const one of STATES) this.states.set({ appliance, state: one }, one === state ? 1 : 0);
  }

  attempted(): void {
    this.attempts.inc({ appliance: this.appliance });
  }

  failed(reason: FailureReason): void {
    this.failures.inc({ appliance: this.appliance, reason });
  }

  connections(count: number): void {
    this.open.set({ appliance: this.appliance }, count);
  }

  queued(depth: number): void {
    this.queue.set({ appliance: this.appliance }, depth);
  }

  waited(operation: string, seconds: number): void {
    this.waits.observe({ appliance: this.appliance, operation }, seconds);
  }

  executed(operation: string, outcome: ExecOutcome, seconds: number): void {
    this.execs.observe({ appliance: this.appliance, operation, outcome }, seconds);
  }
}
