/** Run by `make chart`: the alerts by promtool, and what the chart makes of them for Prometheus and Grafana. */
import { describe, expect, test } from 'bun:test';
import { parse } from 'yaml';
import { fieldOf, type KubeObject, programs, template } from './helm.ts';

const FILES = `${import.meta.dir}/../../deploy/helm/rose-csi/files`;
const TESTS = `${import.meta.dir}/alerts.promtool.yaml`;
const values = {
  settings: { RDS_ADDRESS: '192.0.2.10', RDS_USER: 'rose-csi', RDS_HOST_KEY: `SHA256:${'A'.repeat(43)}` },
  credentials: { existingSecret: 'rds' },
};

interface Rule {
  readonly alert: string;
  readonly annotations: { readonly runbook_url: string };
}
const alerts: readonly Rule[] = parse(await Bun.file(`${FILES}/alerts.yaml`).text()).groups[0].rules;
const rulesOf = (metrics: object): readonly Rule[] => {
  const objects = template({ ...values, metrics });
  return fieldOf<{ groups: [{ rules: Rule[] }] }>(objects, 'PrometheusRule', 'spec').groups[0].rules;
};
const endpointOf = (objects: readonly KubeObject[]) =>
  fieldOf<{ endpoints: [Record<string, unknown>] }>(objects, 'ServiceMonitor', 'spec').endpoints[0];

describe('the alerts', () => {
  test('fire at what they are for, and at nothing else', () => {
    const run = Bun.spawnSync([`${programs()}/promtool`, 'test', 'rules', TESTS]);
    expect(`${run.stdout}${run.stderr}`).toContain('SUCCESS');
    expect(run.exitCode).toBe(0);
  });

  test('are all made to fire by the tests', async () => {
    const text = await Bun.file(TESTS).text();
    const fired = alerts
      .map(({ alert }) => alert)
      .filter((alert) => text.includes(`alertname="${alert}",alertstate="firing"`));
    expect(fired).toEqual(alerts.map(({ alert }) => alert));
  });

  test('become a PrometheusRule as they are, templates of Prometheus included', () => {
    expect(rulesOf({ prometheusRule: { enabled: true } })).toEqual([...alerts]);
  });

  test('link to where the values say that runbooks are read, but for those that are left out', () => {
    const prometheusRule = {
      enabled: true,
      runbooks: 'https://docs.example.org/runbooks',
      without: ['RoseCsiOrphans'],
    };
    const rules = rulesOf({ prometheusRule });
    expect(rules.map(({ alert }) => alert)).toEqual(
      alerts.map(({ alert }) => alert).filter((alert) => alert !== 'RoseCsiOrphans'),
    );
    for (const { alert, annotations } of rules) {
      expect(annotations.runbook_url).toBe(`https://docs.example.org/runbooks#${alert.toLowerCase()}`);
    }
  });
});

describe('the ServiceMonitor', () => {
  test('reads every pod under the job that the alerts know, at the port of the metrics', () => {
    const objects = template({ ...values, metrics: { serviceMonitor: { enabled: true } } });
    const monitor = objects.find(({ kind }) => kind === 'ServiceMonitor');
    expect(monitor?.['spec']).toMatchObject({ jobLabel: 'app.kubernetes.io/name' });
    const service = objects.find(
      ({ kind, metadata }) => kind === 'Service' && metadata.name === 'rose-csi-metrics',
    );
    expect(service?.metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'rose-csi' });
    expect(service?.['spec']).toMatchObject({ publishNotReadyAddresses: true, ports: [{ name: 'http' }] });
    expect(Object.keys(endpointOf(objects))).toEqual(['port', 'interval', 'relabelings']);
  });

  test('takes timeout and relabelings from the values', () => {
    const relabeling = { sourceLabels: ['x'], targetLabel: 'y' };
    const drop = { sourceLabels: ['__name__'], regex: 'rose_csi_ssh_.*', action: 'drop' };
    const serviceMonitor = {
      ...{ enabled: true, interval: '15s', scrapeTimeout: '10s' },
      relabelings: [relabeling],
      metricRelabelings: [drop],
    };
    const endpoint = endpointOf(template({ ...values, metrics: { serviceMonitor } }));
    expect(endpoint).toMatchObject({ interval: '15s', scrapeTimeout: '10s', metricRelabelings: [drop] });
    expect(endpoint['relabelings']).toContainEqual(relabeling);
  });

  test('comes with nothing else of monitoring, unless it is asked for', () => {
    const kinds = template(values).map(({ kind }) => kind);
    for (const kind of ['ServiceMonitor', 'PrometheusRule', 'ConfigMap']) expect(kinds).not.toContain(kind);
  });
});

describe('the dashboard', () => {
  test('reaches Grafana as it is', async () => {
    const objects = template({ ...values, metrics: { dashboard: { enabled: true } } });
    const found = objects.find(({ kind }) => kind === 'ConfigMap');
    expect(found?.metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    const { 'rose-csi.json': text = '' } = fieldOf<Record<string, string>>(objects, 'ConfigMap', 'data');
    expect(JSON.parse(text)).toEqual(await Bun.file(`${FILES}/dashboard.json`).json());
  });
});
