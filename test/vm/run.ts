/**
 * `bun test/vm/run.ts [--kernel=stable|backports|both] [--at-once=N] [--short | scenario…]`: boots guests for each
 * scenario, and leaves JUnit results with the serial console in `test-results/vm/<kernel>/<scenario>/`. `--short` runs a
 * part of them, on the release's kernel unless another is named.
 */
import { join, resolve } from 'node:path';
import { type Counts, countsIn, tail } from './results.ts';
import { runInCluster } from './rig/cluster.ts';
import { type Emulator, installedEmulator, newerEmulator } from './rig/emulator.ts';
import { type Kernel, prepareKernel } from './rig/kernel.ts';
import { Packages } from './rig/packages.ts';
import { bundle } from './rig/programs.ts';
import { KERNELS, type KernelName, SCENARIOS, type Scenario } from './scenarios.ts';

const ROOT = resolve(import.meta.dir, '../..');
const CACHE = join(ROOT, '.cache', 'vm');
const RESULTS = join(ROOT, 'test-results', 'vm');
const MEMORY = '2560M';
const GUEST_LIMIT_MS = 15 * 60_000;
const TEST_LIMIT_MS = 8 * 60_000;
/** An emulated machine keeps one CPU busy at most of the time, and waits at others. Of clusters there is one at a time. */
const AT_ONCE = 2;

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

interface Boot {
  readonly on: KernelName;
  readonly scenario: Scenario;
}

async function runScenario({ on, scenario }: Boot, machine: Machine): Promise<Counts> {
  const out = join(RESULTS, on, scenario.name);
  const programs = join(CACHE, 'programs');
  const started = performance.now();
  const exitCode = await runInCluster({
    boot: {
      ...machine,
      ...{ memory: MEMORY, kernelArguments: scenario.kernelArguments ?? [], out },
      ...{ timeoutMs: GUEST_LIMIT_MS, signal: stopping.signal },
    },
    command: [
      ...[
        process.execPath,
        'test',
        await bundle(join(import.meta.dir, 'scenarios', scenario.file), programs),
      ],
      ...[`--timeout=${TEST_LIMIT_MS}`, '--reporter=junit', '--reporter-outfile=/out/junit.xml'],
    ],
    nodes: scenario.nodes ?? 0,
    nodeCommand: [
      process.execPath,
      await bundle(join(import.meta.dir, 'support', 'remote', 'agent.ts'), programs),
    ],
    cwd: ROOT,
    // On an emulated CPU the compiler costs more than it brings.
    environment: { BUN_JSC_useJIT: '0', NO_COLOR: '1', ...scenario.environment },
  });
  const counts = countsIn(join(out, 'junit.xml'), exitCode);
  const seconds = Math.round((performance.now() - started) / 1000);
  say(`${on} ${scenario.name}: ${counts.passed} passed, ${counts.failed} failed in ${seconds} s`);
  if (counts.failed > 0) say(tail(join(out, 'serial.log'), 80));
  return counts;
}

const say = (text: string) => process.stdout.write(`${text}\n`);

interface Wish {
  readonly boots: readonly Boot[];
  readonly atOnce: number;
}

/** @throws Error where nothing of that name is known */
function wishOf(args: readonly string[]): Wish {
  const option = (name: string) =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(`--${name}=`.length);
  const onlyShort = args.includes('--short');
  const wanted = option('kernel') ?? (onlyShort ? 'stable' : 'both');
  const names = args.filter((arg) => !arg.startsWith('--'));
  const isWanted = (on: KernelName, { name, once, soak, short }: Scenario) => {
    if (names.length > 0) return names.includes(name);
    return onlyShort ? short === true : !soak && (!once || on === 'stable');
  };
  const boots = KERNELS.filter((on) => wanted === 'both' || wanted === on).flatMap((on) =>
    SCENARIOS.filter((scenario) => isWanted(on, scenario)).map((scenario) => ({ on, scenario })),
  );
  const atOnce = Number(option('at-once') ?? AT_ONCE);
  if (boots.length > 0 && atOnce >= 1) return { boots, atOnce };
  const known = SCENARIOS.map(({ name }) => name).join(', ');
  throw new Error(
    `--kernel is both, ${KERNELS.join(' or ')}; --at-once a number from 1; scenarios are ${known}`,
  );
}

async function main(args: readonly string[]): Promise<void> {
  const started = performance.now();
  const { boots, atOnce } = wishOf(args);
  const machines = new Map<KernelName, Machine>();
  for (const on of new Set(boots.map((boot) => boot.on))) machines.set(on, await prepare(on));
  const all: Counts[] = [];
  const runAll = async (rest: Boot[]) => {
    for (let boot = rest.shift(); boot; boot = rest.shift()) {
      const machine = machines.get(boot.on);
      all.push(!machine || stopping.signal.aborted ? STOPPED : await runScenario(boot, machine));
    }
  };
  const [clusters = [], single = []] = [true, false].map((cluster) =>
    boots.filter(({ scenario }) => (scenario.nodes ?? 0) > 0 === cluster),
  );
  // Three machines have two CPUs busy by themselves: kernels beside them lose timers when they boot.
  await runAll(clusters);
  await Promise.all(Array.from({ length: atOnce }, () => runAll(single)));
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0);
  say(`e2e-vm took ${Math.round((performance.now() - started) / 1000)} s`);
  say(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
