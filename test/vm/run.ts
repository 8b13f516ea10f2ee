/**
 * `bun test/vm/run.ts [--kernel=stable|backports|both] [scenario…]`: boots a guest for each scenario, one after the
 * other, and leaves JUnit results with the serial console in `test-results/vm/<kernel>/<scenario>/`.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Emulator, installedEmulator, newerEmulator } from './rig/emulator.ts';
import { type Kernel, prepareKernel } from './rig/kernel.ts';
import { runInMachine } from './rig/machine.ts';
import { Packages } from './rig/packages.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const ROOT = resolve(import.meta.dir, '../..');
const CACHE = join(ROOT, '.cache', 'vm');
const RESULTS = join(ROOT, 'test-results', 'vm');
const GUEST_LIMIT_MS = 12 * 60_000;
const TEST_LIMIT_MS = 5 * 60_000;

const KERNELS = ['stable', 'backports'] as const;
type KernelName = (typeof KERNELS)[number];

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

/** The release's kernel runs in the installed QEMU, the backports' needs that of the backports. */
async function prepare(name: KernelName): Promise<{ kernel: Kernel; emulator: Emulator }> {
  const packages = new Packages(join(CACHE, 'packages'));
  const backports = name === 'backports';
  const kernel = await prepareKernel(join(CACHE, `kernel-${name}`), packages, backports);
  const emulator = backports ? await newerEmulator(join(CACHE, 'emulator'), packages) : installedEmulator;
  return { kernel, emulator };
}

async function runScenario(
  on: KernelName,
  scenario: Scenario,
  machine: { kernel: Kernel; emulator: Emulator },
): Promise<Counts> {
  const out = join(RESULTS, on, scenario.name);
  const started = performance.now();
  const exitCode = await runInMachine({
    ...machine,
    command: [
      ...[process.execPath, 'test', `./test/vm/scenarios/${scenario.file}`, `--timeout=${TEST_LIMIT_MS}`],
      ...['--reporter=junit', '--reporter-outfile=/out/junit.xml'],
    ],
    cwd: ROOT,
    // On an emulated CPU the compiler costs more than it brings.
    environment: { BUN_JSC_useJIT: '0', NO_COLOR: '1' },
    kernelArguments: scenario.kernelArguments ?? [],
    out,
    timeoutMs: GUEST_LIMIT_MS,
    signal: stopping.signal,
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

async function main(args: readonly string[]): Promise<void> {
  const wanted = args.find((arg) => arg.startsWith('--kernel='))?.slice('--kernel='.length) ?? 'both';
  const names = args.filter((arg) => !arg.startsWith('--'));
  const kernels = KERNELS.filter((name) => wanted === 'both' || wanted === name);
  const scenarios = SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name));
  if (kernels.length === 0 || scenarios.length === 0) {
    throw new Error(
      `known kernels: ${KERNELS.join(', ')}; scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}`,
    );
  }
  const started = performance.now();
  const all: Counts[] = [];
  for (const on of kernels) {
    rmSync(join(RESULTS, on), { recursive: true, force: true });
    const machine = await prepare(on);
    for (const scenario of scenarios) {
      if (!stopping.signal.aborted) all.push(await runScenario(on, scenario, machine));
    }
  }
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0);
  if (stopping.signal.aborted) all.push({ passed: 0, failed: 1 });
  say(`e2e-vm took ${Math.round((performance.now() - started) / 1000)} s`);
  say(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
