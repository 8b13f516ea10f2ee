/**
 * `bun scripts/chart.ts HELM [--check]`: renders the chart into the kustomize base, and with each of test/chart/values
 * into test/chart/rendered, where a change shows what it does to a cluster. With --check it writes nothing and fails
 * where something is not current.
 */
import { readdir } from 'node:fs/promises';
import { command } from './image/command.ts';

const CHART = 'deploy/helm/rose-csi';
const BASE = 'deploy/kustomize/base';
const TESTS = 'test/chart';
/** What the API server would be asked for; a chart is the same wherever it is rendered. */
const KUBERNETES = '1.37.0';

const [helm, ...flags] = process.argv.slice(2);
if (helm === undefined) throw new Error('usage: bun scripts/chart.ts HELM [--check]');

const render = (values: string): string =>
  command([
    helm,
    'template',
    'rose-csi',
    CHART,
    '--namespace=rose-csi',
    `--kube-version=${KUBERNETES}`,
    `--values=${values}`,
  ]);

const GENERATED = '# Made from the chart by `make kustomize`.\n';

const wanted = new Map([[`${BASE}/rose-csi.yaml`, GENERATED + render(`${BASE}/values.yaml`)]]);
for (const file of (await readdir(`${TESTS}/values`)).sort()) {
  wanted.set(`${TESTS}/rendered/${file}`, render(`${TESTS}/values/${file}`));
}
const stale: string[] = [];
for (const [path, text] of wanted) {
  const file = Bun.file(path);
  if ((await file.exists()) && (await file.text()) === text) continue;
  stale.push(path);
  if (!flags.includes('--check')) await Bun.write(path, text);
}
if (flags.includes('--check') && stale.length > 0) {
  for (const path of stale) process.stderr.write(`${path} is not current: run make kustomize\n`);
  process.exit(1);
}
