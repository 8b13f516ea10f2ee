import { Counter, Gauge, Histogram, type Registry } from '../../../core/observe/prom-client.ts';
import type { SshMetrics } from './ssh-metrics.ts';

const STATES = ['connecting', 'connected', 'away'] as const;
/** From a hit in the local network to a command that takes its time. */
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The conversations with all appliances, for Prometheus. */
export class PrometheusSshMetrics {
  private readonly states: Gauge;
  private readonly attempts: Counter;
  private readonly failures: Counter;
  private readonly open: Gauge;
  private readonly queue: Gauge;
  private readonly waits: Histogram;
  private readonly execs: Histogram;

  constructor(registry: Registry) {
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

  /** What the conversation with one of them reports to. */
  of(appliance: string): SshMetrics {
    return {
      state: (state) => {
        for (const one of STATES) this.states.set({ appliance, state: one }, one === state ? 1 : 0);
      },
      attempted: () => this.attempts.inc({ appliance }),
      failed: (reason) => this.failures.inc({ appliance, reason }),
      connections: (count) => this.open.set({ appliance }, count),
      queued: (depth) => this.queue.set({ appliance }, depth),
      waited: (operation, seconds) => this.waits.observe({ appliance, operation }, seconds),
      executed: (operation, outcome, seconds) =>
        this.execs.observe({ appliance, operation, outcome }, seconds),
    };
  }
}
