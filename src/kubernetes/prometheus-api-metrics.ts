import { Counter, Gauge, type Registry } from '../core/observe/prom-client.ts';

/** Requests to the API server, for Prometheus. */
export class PrometheusApiMetrics {
  private readonly requests: Counter;

  /** @param synced asked at each scrape */
  constructor(registry: Registry, synced: () => boolean) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'rose_csi_kubernetes_requests_total',
      help: 'Requests to the API server by method and HTTP status; 0: there was no answer.',
      labelNames: ['method', 'status'],
      registers,
    });
    new Gauge({
      name: 'rose_csi_kubernetes_synced',
      help: '1 while all caches of the API server are complete and kept current, else 0.',
      registers,
      collect() {
        this.set(synced() ? 1 : 0);
      },
    });
  }

  answered(method: string, status: number): void {
    this.requests.inc({ method, status });
  }
}
