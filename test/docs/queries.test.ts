/** The alerts and the dashboard against what the process exports. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { metricRows } from '../../scripts/metrics-table.ts';
import { exportedMetrics } from './support/exported-metrics.ts';
import { queryFaults } from './support/promql.ts';

const ROOT = `${import.meta.dir}/../..`;
const FILES = `${ROOT}/deploy/helm/rose-csi/files`;
const read = (path: string): string => readFileSync(path, 'utf8');

const alertFile = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          labels: z.object({ severity: z.enum(['info', 'warning', 'critical']) }),
          annotations: z.object({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
        }),
      ),
    }),
  ),
});
const dashboardFile = z.object({
  templating: z.object({ list: z.array(z.object({ query: z.unknown() })) }),
  panels: z.array(
    z.object({
      id: z.number(),
      type: z.string(),
      title: z.string(),
      description: z.string().optional(),
      targets: z.array(z.object({ expr: z.string() })).optional(),
    }),
  ),
});

const alerts = alertFile.parse(parse(read(`${FILES}/alerts.yaml`))).groups.flatMap(({ rules }) => rules);
const dashboard = dashboardFile.parse(JSON.parse(read(`${FILES}/dashboard.json`)));
const runbooks = read(`${ROOT}/docs/troubleshooting.md`);
const exported = await exportedMetrics();

describe('a query', () => {
  test.each([
    ['sum by (method) (rate(rose_csi_rpc_duration_seconds_count{code="OK"}[$__rate_interval]))', []],
    ['rose_csi_volume', [/asks for rose_csi_volume, which the process does not export/]],
    ['rose_csi_rpc_duration_seconds', [/does not export/]],
    ['rose_csi_volumes{pool="x"}', [/rose_csi_volumes has no label pool/]],
    ['rose_csi_pool_state{state=~"offline|broken"}', [/never has state="broken"/]],
    ['sum by (method) (rose_csi_volumes)', [/groups by method/]],
    ['sum(rose_csi_volumes', [/is no PromQL/]],
  ] as const)('%s is told from one that finds nothing', (query, expected) => {
    const faults = queryFaults(query, exported);
    expect(faults.length).toBe(expected.length);
    for (const [index, pattern] of expected.entries()) expect(faults[index]).toMatch(pattern);
  });

  test('is measured against every metric of docs/metrics.md', () => {
    const plain = [...exported.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    expect([...new Set(plain)].sort()).toEqual(
      metricRows()
        .map(({ name }) => name)
        .sort(),
    );
  });
});

describe('an alert', () => {
  for (const { alert, expr, annotations } of alerts) {
    test(`${alert} asks for what is exported, and links a section that says what to do`, () => {
      expect(queryFaults(expr, exported)).toEqual([]);
      expect(annotations.runbook_url).toBe(`docs/troubleshooting.md#${alert.toLowerCase()}`);
      const section = runbooks.split(/^## /m).find((text) => text.startsWith(`${alert}\n`)) ?? '';
      for (const word of ['**Means:**', '**Look at:**', '**Do:**']) expect(section).toContain(word);
    });
  }

  test('is behind each section of the runbooks', () => {
    const sections = [...runbooks.matchAll(/^## (RoseCsi\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(alerts.map(({ alert }) => alert));
  });
});

describe('the dashboard', () => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  for (const { id, title, targets = [] } of panels) {
    test(`asks in panel ${id}, ${title}, for what is exported`, () => {
      expect(targets.length).toBeGreaterThan(0);
      for (const { expr } of targets) expect(queryFaults(expr, exported)).toEqual([]);
    });
  }

  test('names each panel once, and runbooks that exist', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const named = panels.flatMap(({ description = '' }) => description.match(/RoseCsi\w+/g) ?? []);
    expect(named.length).toBeGreaterThan(0);
    const known = alerts.map(({ alert }) => alert);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  test('offers the appliances that there are', () => {
    expect(JSON.stringify(dashboard.templating)).toContain(
      'label_values(rose_csi_backend_connected, appliance)',
    );
  });
});
