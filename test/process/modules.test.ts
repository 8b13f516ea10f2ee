import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { SimulatorProcess } from '../support/simulator-process.ts';

const ROOT = resolve(import.meta.dir, '../..');
const SSH = /node_modules\/ssh2\/|src\/backends\/routeros\//;
const TRACING = /node_modules\/@opentelemetry\/(?!api\/)/;
const KUBERNETES = /node_modules\/@kubernetes\/|src\/kubernetes\//;

const CONTROLLER =
  /src\/core\/(services\/(group-)?controller\/(controller\.|group-controller\.|create-)|csi\/schemas\/(create|delete|list)-)/;
/** What prom-client's index brings that nobody uses: docs/decisions/0008. */
const METRICS_UNUSED =
  /node_modules\/(tdigest|bintrees|prom-client\/(index|lib\/(cluster|pushgateway|summary|defaultMetrics))\.js)/;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-modules-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a driver has loaded from its start to its end, ready in between. */
async function modulesOf(settings: Record<string, string>): Promise<string[]> {
  const list = join(folder, 'modules');
  const driver = await DriverProcess.start({
    command: [process.execPath, '--preload', join(import.meta.dir, 'note-modules.ts'), 'src/main.ts'],
    folder,
    settings: { NODE_NAME: 'graph-node', LOADED_MODULES: list, ...settings },
    timeoutMs: 20_000,
  });
  expect(await driver.stop()).toBe(0);
  return readFileSync(list, 'utf8')
    .split('\n')
    .filter((path) => path.startsWith(ROOT));
}

const matching = (modules: readonly string[], pattern: RegExp) =>
  modules.filter((path) => pattern.test(path));

test('a node has no SSH and no Kubernetes client in memory, nor any backend', async () => {
  const modules = await modulesOf({ CSI_MODE: 'node', RDS_BACKEND: 'routeros' });
  expect(matching(modules, /src\/node\/open-node\.ts$/)).toHaveLength(1);
  expect(matching(modules, SSH)).toEqual([]);
  expect(matching(modules, KUBERNETES)).toEqual([]);
  expect(matching(modules, TRACING)).toEqual([]);
  expect(matching(modules, /src\/backends\//)).toEqual([]);
});

test('a node has neither the RPCs of a controller in memory, nor their requests, nor metrics of kinds that it has not', async () => {
  const modules = await modulesOf({ CSI_MODE: 'node' });
  expect(matching(modules, /prom-client\/lib\/gauge\.js$/)).toHaveLength(1);
  expect(matching(modules, METRICS_UNUSED)).toEqual([]);
  expect(matching(modules, CONTROLLER)).toEqual([]);
});

test('a controller on RouterOS has SSH in memory, and nothing of a node', async () => {
  const simulator = await SimulatorProcess.start({ folder });
  try {
    const modules = await modulesOf({ ...simulator.settings(), CSI_MODE: 'controller' });
    expect(matching(modules, SSH)).not.toEqual([]);
    expect(matching(modules, CONTROLLER)).not.toEqual([]);
    expect(matching(modules, METRICS_UNUSED)).toEqual([]);
    expect(matching(modules, TRACING)).toEqual([]);
    expect(matching(modules, /src\/node\/open-node\.ts$/)).toEqual([]);
  } finally {
    await simulator.stop();
  }
});
