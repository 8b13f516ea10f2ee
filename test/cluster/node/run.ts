/**
 * `bun test/cluster/node/run.ts up|down`: a cluster of one node to play with, the driver installed by its chart, with
 * volumes that are files. It runs until it is taken down.
 *
 * `bun test/cluster/node/run.ts e2e [scenario…]`: the scenarios on such a cluster, which is taken down again. Results as
 * JUnit, and all logs, are left in `test-results/cluster/`.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { countsIn } from '../../vm/results.ts';
import { prepare, VALUES } from './installation.ts';
import { BUSYBOX } from './local-images.ts';
import { Node } from './node.ts';
import { NODE_FOLDER } from './running.ts';
import { summary } from './summary.ts';
import { Tools } from './tools.ts';

const ROOT = resolve(import.meta.dir, '../../..');
const PLAYGROUND = `${ROOT}/.cache/cluster`;
const SUITE = `${ROOT}/.cache/e2e-cluster`;
const RESULTS = `${ROOT}/test-results/cluster`;
const SCENARIOS = `${import.meta.dir}/scenarios`;
const TEST_LIMIT_MS = 6 * 60_000;

const say = (text: string) => process.stdout.write(`${text}\n`);

/** A node with the driver installed. */
async function begin(folder: string): Promise<Node> {
  const begun = performance.now();
  const seconds = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  const node = await Node.start(folder);
  try {
    say(`node ready after ${seconds()}`);
    await prepare(node);
    say(`images loaded after ${seconds()}`);
    await Tools.of(node).helm('install', 'rose-csi', VALUES);
    say(`driver installed after ${seconds()}`);
    return node;
  } catch (error) {
    keepLogs(folder);
    await Node.stop(folder);
    throw error;
  }
}

/** Of the node's programs and of its pods. */
function keepLogs(folder: string): void {
  cpSync(`${folder}/log`, `${RESULTS}/log`, { recursive: true });
  cpSync(`${folder}/var/log/pods`, `${RESULTS}/pods`, { recursive: true });
}

async function up(): Promise<void> {
  const node = await begin(PLAYGROUND);
  say(`\n  export KUBECONFIG=${node.kubeconfig} PATH=${node.programs}:$PATH`);
  say(`  StorageClass rose; pods can have the image ${BUSYBOX} (imagePullPolicy: Never)`);
  say('  make cluster-down    takes it down');
}

async function e2e(wanted: readonly string[]): Promise<void> {
  const begun = performance.now();
  const names = readdirSync(SCENARIOS).map((file) => file.replace('.e2e.ts', ''));
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(', ')}; there are ${names.join(', ')}`);
  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });
  const junit = `${RESULTS}/junit.xml`;
  await Node.stop(SUITE); // What a killed run has left.
  await begin(SUITE);
  let exitCode: number;
  try {
    const files = names.filter((name) => wanted.length === 0 || wanted.includes(name));
    const paths = files.map((name) => `${SCENARIOS}/${name}.e2e.ts`);
    const flags = [`--timeout=${TEST_LIMIT_MS}`, '--reporter=junit', `--reporter-outfile=${junit}`];
    const child = Bun.spawn([process.execPath, 'test', ...flags, ...paths], {
      cwd: ROOT,
      stdin: 'ignore',
      stdout: 'inherit',
      stderr: 'inherit',
      env: { ...process.env, [NODE_FOLDER]: SUITE },
    });
    // Whoever ends this ends the scenarios: the cluster is taken down all the same.
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => child.kill());
    exitCode = await child.exited;
    keepLogs(SUITE);
  } finally {
    await Node.stop(SUITE);
  }
  const counts = countsIn(junit, exitCode);
  if (existsSync(junit)) say(await summary(junit));
  say(`e2e-cluster took ${Math.round((performance.now() - begun) / 1000)} s`);
  say(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

const [action, ...rest] = process.argv.slice(2);
if (action === 'up') await up();
else if (action === 'down') await Node.stop(PLAYGROUND);
else if (action === 'e2e') await e2e(rest);
else throw new Error('usage: run.ts up | down | e2e [scenario…]');
