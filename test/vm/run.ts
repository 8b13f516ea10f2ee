/**
 * `bun test/vm/run.ts [--kernel=stable|backports|both] [scenario…]`: boots a guest for each scenario, one after the
 * other, and leaves JUnit results with the serial console in `test-results/vm/<kernel>/<scenario>/`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runInCluster } from './rig/cluster.ts';
import { type Emulator, installedEmulator, newerEmulator } from './rig/emulator.ts';
import { type Kernel, prepareKernel } from './rig/kernel.ts';
import { Packages } from './rig/packages.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const ROOT = resolve(import.meta.dir, '../..');
const CACHE = join(ROOT, '.cache', 'vm');
const RESULTS = join(ROOT, 'test-results', 'vm');
const MEMORY = '2560M';
const GUEST_LIMIT_MS = 12 * 60_000;
const TEST_LIMIT_MS = 5 * 60_000;

const KERNELS = ['stable', 'backports'] as const;
type KernelName = (typeof KERNELS)[number];

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** A scenario that was not run because the run was stopped. */
const STOPPED: Counts = { passed: 0, failed: 1 };

interface Machine {
  readonly kernel: Kernel;
  readonly emulator: Emulator;
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

/** The release's kernel runs in the installed QEMU, the backports' needs that of the backports. */
async function prepare(name: KernelName): Promise<Machine> {
  const packages = new Packages(join(CACHE, 'packages'));
  const backports = name === 'backports';
  const kernel = await prepareKernel(join(CACHE, `kernel-${name}`), packages, backports);
  const emulator = backports ? await newerEmulator(join(CACHE, 'emulator'), packages) : installedEmulator;
  return { kernel, emulator };
}

async function runScenario(on: KernelName, scenario: Scenario, machine: Machine): Promise<Counts> {
  const out = join(RESULTS, on, scenario.name);
  const started = performance.now();
  const exitCode = await runInCluster({
    boot: {
      ...machine,
      ...{ memory: MEMORY, kernelArguments: scenario.kernelArguments ?? [], out },
      ...{ timeoutMs: GUEST_LIMIT_MS, signal: stopping.signal },
    },
    command: [
      ...[process.execPath, 'test', `./test/vm/scenarios/${scenario.file}`, `--timeout=${TEST_LIMIT_MS}`],
      ...['--reporter=junit', '--reporter-outfile=/out/junit.xml'],
    ],
    nodes: scenario.nodes ?? 0,
    nodeCommand: [process.execPath, './test/vm/support/remote/agent.ts'],
    cwd: ROOT,
    // On an emulated CPU the compiler costs more than it brings.
    environment: { BUN_JSC_useJIT: '0', NO_COLOR: '1' },
  });
  const counts = results(join(out, 'junit.xml'), exitCode);
  const seconds = Math.round((performance.now() - started) / 1000);
  say(`${on} ${scenario.name}: ${counts.passed} passed, ${counts.failed} failed in ${seconds} s`);
  if (counts.failed > 0) say(tail(join(out, 'serial.log')));
  return counts;
}

/** A guest that died, or failed beside its tests, counts as one failure more. */
function results(junit: string, exitCode: number | undefined): Counts {
  const attributes = existsSync(junit)
    ? (/<testsuites [^>]*>/.exec(readFileSync(junit, 'utf8'))?.[0] ?? '')
    : '';
  const number = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  const passed = Math.max(0, number('tests') - failed - number('skipped'));
  const sound = exitCode === 0 && failed === 0 && passed > 0;
  return { passed, failed: sound ? 0 : Math.max(1, failed) };
}

const tail = (path: string): string => readFileSync(path, 'utf8').split('\n').slice(-80).join('\n');
const say = (text: string) => process.stdout.write(`${text}\n`);

interface Boot {
  readonly on: KernelName;
  readonly scenario: Scenario;
}

/** @throws Error where nothing of that name is known */
function bootsOf(args: readonly string[]): readonly Boot[] {
  const wanted = args.find((arg) => arg.startsWith('--kernel='))?.slice('--kernel='.length) ?? 'both';
  const names = args.filter((arg) => !arg.startsWith('--'));
  const isWanted = (on: KernelName, { name, once }: Scenario) =>
    names.length === 0 ? !once || on === 'stable' : names.includes(name);
  const boots = KERNELS.filter((on) => wanted === 'both' || wanted === on).flatMap((on) =>
    SCENARIOS.filter((scenario) => isWanted(on, scenario)).map((scenario) => ({ on, scenario })),
  );
  if (boots.length > 0) return boots;
  const known = SCENARIOS.map(({ name }) => name).join(', ');
  throw new Error(`--kernel is both, ${KERNELS.join(' or ')}; scenarios are ${known}`);
}

async function main(args: readonly string[]): Promise<void> {
  const started = performance.now();
  const machines = new Map<KernelName, Machine>();
  const all: Counts[] = [];
  for (const { on, scenario } of bootsOf(args)) {
    const machine = machines.get(on) ?? (await prepare(on));
    machines.set(on, machine);
    all.push(stopping.signal.aborted ? STOPPED : await runScenario(on, scenario, machine));
  }
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0);
  say(`e2e-vm took ${Math.round((performance.now() - started) / 1000)} s`);
  say(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
