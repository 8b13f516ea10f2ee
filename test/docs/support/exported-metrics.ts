import { status } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { PrometheusSshMetrics } from '../../../src/backends/routeros/ssh/prometheus-ssh-metrics.ts';
import type { FailureReason } from '../../../src/backends/routeros/ssh/ssh-failure.ts';
import type { ExecOutcome } from '../../../src/backends/routeros/ssh/ssh-metrics.ts';
import { SystemClock } from '../../../src/core/clock.ts';
import { PrometheusMetrics } from '../../../src/core/observe/prometheus.ts';
import { PrometheusReports } from '../../../src/core/reconcile/prometheus-reports.ts';
import type { Action, Outcome } from '../../../src/core/reconcile/surroundings.ts';
import { volumeId } from '../../../src/core/storage/volume-id.ts';
import { PrometheusApiMetrics } from '../../../src/kubernetes/prometheus-api-metrics.ts';
import { NO_IO } from '../../../src/node/devices/io-counters.ts';
import { VolumeMetrics } from '../../../src/node/metrics/volume-metrics.ts';

/** The labels of one metric, and the values that this file has made it report. */
export type Labels = ReadonlyMap<string, ReadonlySet<string>>;

const all = <Name extends string>(names: Readonly<Record<Name, true>>): Name[] =>
  Object.keys(names) as Name[];

const REASONS = all<FailureReason>({
  refused: true,
  unreachable: true,
  timeout: true,
  'host-key': true,
  permission: true,
  handshake: true,
  closed: true,
  silent: true,
  prepare: true,
  ended: true,
});
const EXECS = all<ExecOutcome>({ replied: true, lost: true, aborted: true });
const ACTIONS = all<Action>({
  clear: true,
  export: true,
  'delete-attachment': true,
  'delete-orphan': true,
  'remove-remains': true,
});
const OUTCOMES = all<Outcome>({ done: true, failed: true, busy: true, overtaken: true });

/**
 * What the process exports: the classes that keep its metrics, made to report everything that their types allow, and read
 * as Prometheus would. Histograms are there as `_bucket`, `_sum` and `_count`.
 */
export async function exportedMetrics(): Promise<ReadonlyMap<string, Labels>> {
  const found = new Map<string, Map<string, Set<string>>>();
  for (const metric of (await everything().getMetricsAsJSON()).flatMap(seriesOf)) {
    const labels = found.get(metric.name) ?? new Map<string, Set<string>>();
    found.set(metric.name, labels);
    for (const [label, value] of Object.entries(metric.labels)) {
      labels.set(label, (labels.get(label) ?? new Set()).add(String(value)));
    }
  }
  return found;
}

interface JsonMetric {
  readonly name: string;
  readonly values: readonly { labels: object; metricName?: string }[];
}
const seriesOf = ({ name, values }: JsonMetric) =>
  values.map(({ labels, metricName }) => ({ name: metricName ?? name, labels }));

function everything(): Registry {
  const appliance = 'rds';
  const readings = {
    residentBytes: () => 1,
    cpuSeconds: () => 1,
    startedAtSeconds: () => 1,
    openFds: async () => 1,
  };
  const backends = () => [{ appliance, connected: true, volumes: 1 }];
  const rpc = new PrometheusMetrics({ version: '1', mode: 'controller', process: readings, backends });
  for (const code of Object.values(status).filter((name) => typeof name === 'string')) {
    rpc.started('CreateVolume');
    rpc.handled('CreateVolume', code, 1);
  }
  const rest = new Registry();
  converse(new PrometheusSshMetrics(rest).of(appliance));
  reconcile(new PrometheusReports(rest), appliance);
  const device = { volumeId: volumeId(appliance, 'csi-a'), io: NO_IO, reconnects: 1 };
  new VolumeMetrics(
    rest,
    async () => [{ ...device, connections: ['live', 'connecting'] }],
    new SystemClock(),
  );
  new PrometheusApiMetrics(rest, () => true).answered('GET', 200);
  return Registry.merge([rpc.registry, rest]);
}

function converse(ssh: ReturnType<PrometheusSshMetrics['of']>): void {
  ssh.state('connected');
  ssh.attempted();
  for (const reason of REASONS) ssh.failed(reason);
  ssh.connections(1);
  ssh.queued(1);
  ssh.waited('create', 1);
  for (const outcome of EXECS) ssh.executed('create', outcome, 1);
}

function reconcile(reports: PrometheusReports, appliance: string): void {
  for (const action of ACTIONS) for (const outcome of OUTCOMES) reports.acted(action, outcome);
  for (const outcome of ['done', 'skipped'] as const) reports.round('attachments', outcome, 1);
  reports.counts(appliance, { wanted: 1, unwanted: 1, unclear: 1, orphans: 1, remains: 1 });
  const space = { totalBytes: 1n, availableBytes: { thin: 1n, thick: 1n } };
  reports.pools(appliance, [{ name: 'default', ...space, state: 'online' }] as never);
  reports.leads(true);
}
