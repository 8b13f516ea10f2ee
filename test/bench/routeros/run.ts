/**
 * `bun test/bench/routeros/run.ts [--short]`: the RouterOS backend against a simulated appliance behind real SSH, each
 * in a process of its own: a table on standard output, JSON in `bench-results/routeros.json`.
 */
import { mkdir } from 'node:fs/promises';
import { machine } from '../machine.ts';
import { median } from '../statistics.ts';
import { type Alone, alone } from './alone.ts';
import { type Burst, bursts } from './bursts.ts';
import { listings } from './listing.ts';
import { ownTime } from './own-time.ts';
import { printResults } from './report.ts';
import type { Results } from './results.ts';
import { type Line, Rig } from './rig.ts';
import { silence } from './silence.ts';

const COMPILED = ['dist/rose-csi'];
const FLAGS = ['--version', '7.24', '--assume', 'existingImage=adopted'];
const VOLUMES = 10_000;
const LIMITS = [4, 8, 16];
const DEFAULT_LIMIT = 8;

const perCommand = (ms: number): Line => ({ kind: 'per command', ms });
const roundTrip = (ms: number): Line => ({ kind: 'round trip', ms });
const LINES = [perCommand(0), perCommand(1), perCommand(200), roundTrip(1), roundTrip(200)];

const withRig = <T>(work: (rig: Rig) => Promise<T>): Promise<T> => Rig.with(COMPILED, FLAGS, work);

function progress(what: string): void {
  process.stderr.write(`  ${what} …\n`);
}

async function main(short: boolean): Promise<number> {
  const before = machine();
  const results: Results = {
    machine: before,
    at: new Date().toISOString(),
    alone: await withRig((rig) => allAlone(rig, short)),
    bursts: await withRig((rig) => allBursts(rig, short)),
    ownTime: await withRig(async (rig) => {
      progress('own time');
      return [
        await ownTime(rig, 'create', 100, 200),
        await ownTime(rig, 'get', 1, 20),
        await ownTime(rig, 'get', 100, 300),
      ];
    }),
    listings: await withRig((rig) => {
      progress(`listing ${VOLUMES} volumes`);
      return listings(rig, VOLUMES);
    }),
    silence: await withRig((rig) => allSilence(rig, short)),
  };
  await mkdir('bench-results', { recursive: true });
  await Bun.write('bench-results/routeros.json', `${JSON.stringify(results, null, 2)}\n`);
  printResults(results);
  return 0;
}

async function allAlone(rig: Rig, short: boolean): Promise<Alone[]> {
  const found: Alone[] = [];
  for (const line of short ? [perCommand(0), perCommand(200), roundTrip(200)] : LINES) {
    progress(`each operation alone, ${line.ms} ms ${line.kind}`);
    found.push(...(await alone(rig, line, short ? 1 : 3)));
  }
  if (!short) found.push(...(await alone(rig, roundTrip(200), 2, false)));
  return found;
}

type Limited = Line & { readonly sessions: number };

async function allBursts(rig: Rig, short: boolean): Promise<Burst[]> {
  const lines = short ? [perCommand(200), roundTrip(200)] : LINES;
  const limits = short ? [DEFAULT_LIMIT] : LIMITS;
  progress('warming the simulator up');
  await bursts(rig, { ...perCommand(0), sessions: DEFAULT_LIMIT }, -1);
  await bursts(rig, { ...perCommand(0), sessions: DEFAULT_LIMIT }, -2);
  const found: Burst[] = [];
  for (const line of lines.flatMap((one) => limits.map((sessions) => ({ ...one, sessions })))) {
    progress(`100 at once, ${line.ms} ms ${line.kind}, ${line.sessions} connections`);
    const matters = line.ms === 200 && line.sessions === DEFAULT_LIMIT;
    found.push(...(await repeatedBursts(rig, line, matters && !short ? 3 : 1)));
  }
  return found;
}

async function repeatedBursts(rig: Rig, line: Limited, repeats: number): Promise<Burst[]> {
  const runs: Burst[][] = [];
  for (let run = 0; run < repeats; run += 1) runs.push(await bursts(rig, line, run));
  return medians(runs);
}

/** Of each figure over several runs of the same. */
function medians(runs: readonly (readonly Burst[])[]): Burst[] {
  const [first = []] = runs;
  return first.map((one, at) => {
    const of = (figure: (burst: Burst) => number) => median(runs.map((run) => figure(run[at] ?? one)));
    return {
      ...one,
      wallMs: of(({ wallMs }) => wallMs),
      p50Ms: of(({ p50Ms }) => p50Ms),
      p99Ms: of(({ p99Ms }) => p99Ms),
      probeP50Ms: of(({ probeP50Ms }) => probeP50Ms),
      probeP99Ms: of(({ probeP99Ms }) => probeP99Ms),
    };
  });
}

async function allSilence(rig: Rig, short: boolean): Promise<Results['silence']> {
  const found = [];
  for (const ms of short ? [200] : [1, 200]) {
    progress(`a silent network, round trip ${ms} ms`);
    found.push(await silence(rig, ms));
  }
  return found;
}

process.exit(await main(process.argv.includes('--short')));
