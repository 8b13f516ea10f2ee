import type { RpcMetrics } from './metrics.ts';
import type { ProcessReadings } from './process-readings.ts';
import { Counter, Gauge, Histogram, Registry } from './prom-client.ts';

/** 1 ms to 120 s, kubelet's own limit for a CSI call. */
const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export interface PrometheusOptions {
  readonly version: string;
  /** `controller`, `node` or `all`. */
  readonly mode: string;
  readonly process: ProcessReadings;
  /** What is known of the appliances without asking them; read at each scrape. A node plugin has none. */
  readonly backends?: () => readonly BackendReading[];
}

export interface BackendReading {
  readonly appliance: string;
  readonly connected: boolean;
  /** Of this cluster, at the last complete list; undefined before the first. */
  readonly volumes?: number | undefined;
}

/** The metrics of this process in a registry of its own, in the Prometheus text format. */
export class PrometheusMetrics implements RpcMetrics {
  readonly registry = new Registry();
  private readonly duration = new Histogram({
    name: 'rose_csi_rpc_duration_seconds',
    help: 'Time from a CSI call to its answer.',
    labelNames: ['method', 'code'],
    buckets: DURATION_BUCKETS,
    registers: [this.registry],
  });
  private readonly inFlight = new Gauge({
    name: 'rose_csi_rpc_in_flight',
    help: 'CSI calls that have not been answered yet.',
    labelNames: ['method'],
    registers: [this.registry],
  });

  constructor(options: PrometheusOptions) {
    buildInfo(this.registry, options);
    processMetrics(this.registry, options.process);
    if (options.backends) backendMetrics(this.registry, options.backends);
  }

  started(method: string): void {
    this.inFlight.inc({ method });
  }

  handled(method: string, code: string, seconds: number): void {
    this.inFlight.dec({ method });
    this.duration.observe({ method, code }, seconds);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}

function buildInfo(registry: Registry, { version, mode }: PrometheusOptions): void {
  const labels = { version, mode };
  new Gauge({
    name: 'rose_csi_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: Object.keys(labels),
    registers: [registry],
  }).set(labels, 1);
}

function backendMetrics(registry: Registry, backends: () => readonly BackendReading[]): void {
  new Gauge({
    name: 'rose_csi_backend_connected',
    help: '1 while the appliance can be reached, else 0.',
    labelNames: ['appliance'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { appliance, connected } of backends()) this.set({ appliance }, connected ? 1 : 0);
    },
  });
  new Gauge({
    name: 'rose_csi_volumes',
    help: 'Volumes of this cluster on the appliance, at the last complete list.',
    labelNames: ['appliance'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { appliance, volumes } of backends()) {
        if (volumes !== undefined) this.set({ appliance }, volumes);
      }
    },
  });
}

/**
 * The four process metrics that are true on Bun. prom-client's default set is not used: several of its values
 * (heap spaces, active handles, garbage collections) are zero or meaningless there.
 */
function processMetrics(registry: Registry, readings: ProcessReadings): void {
  const registers = [registry];
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    registers,
    collect() {
      this.set(readings.residentBytes());
    },
  });
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers,
    collect() {
      this.reset();
      this.inc(readings.cpuSeconds());
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
    registers,
  }).set(readings.startedAtSeconds());
  new Gauge({
    name: 'process_open_fds',
    help: 'Number of open file descriptors.',
    registers,
    async collect() {
      this.set(await readings.openFds());
    },
  });
}
