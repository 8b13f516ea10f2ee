import { type MetricObject, Registry } from 'prom-client';
import { PrometheusSshMetrics } from '../src/backends/routeros/ssh/prometheus-ssh-metrics.ts';
import { SystemClock } from '../src/core/clock.ts';
import { PrometheusMetrics } from '../src/core/observe/prometheus.ts';
import { PrometheusReports } from '../src/core/reconcile/prometheus-reports.ts';
import { PrometheusApiMetrics } from '../src/kubernetes/prometheus-api-metrics.ts';
import { VolumeMetrics } from '../src/node/metrics/volume-metrics.ts';

/** Where a metric comes from, and when a process has it. */
export interface MetricRow {
  readonly name: string;
  readonly type: string;
  readonly labels: string;
  readonly help: string;
  readonly where: string;
}

const noReadings = {
  residentBytes: () => 0,
  cpuSeconds: () => 0,
  startedAtSeconds: () => 0,
  openFds: async () => 0,
};

/** Every metric that the driver can export, as the classes that keep them say. */
export function metricRows(): MetricRow[] {
  const common = new PrometheusMetrics({ version: '', mode: '', process: noReadings }).registry;
  const controller = new PrometheusMetrics({ version: '', mode: '', process: noReadings, backends: () => [] })
    .registry;
  const known = new Set(common.getMetricsAsArray().map(({ name }) => name));
  const appliance = new Registry();
  new PrometheusSshMetrics(appliance);
  const node = new Registry();
  new VolumeMetrics(node, async () => [], new SystemClock());
  const cluster = new Registry();
  new PrometheusReports(cluster);
  new PrometheusApiMetrics(cluster, () => false);
  return [
    ...rows(common, 'every process'),
    ...rows(controller, 'controller').filter(({ name }) => !known.has(name)),
    ...rows(node, 'node'),
    ...rows(appliance, 'controller with RDS_BACKEND=routeros'),
    ...rows(cluster, 'controller with KUBERNETES=on'),
  ];
}

const rows = (registry: Registry, where: string): MetricRow[] =>
  registry.getMetricsAsArray().map((metric) => ({ ...shown(metric), where }));

/** prom-client keeps label names and the kind to itself. */
function shown(metric: MetricObject): Omit<MetricRow, 'where'> {
  const { name, help } = metric;
  const { labelNames = [] } = metric as unknown as { labelNames?: string[] };
  const labels = labelNames.filter((label) => label !== 'le');
  return { name, help, type: metric.constructor.name.toLowerCase(), labels: labels.join(', ') };
}
