/**
 * `bun test/bench/run.ts`: start, memory, throughput and own time of the driver; a table on standard output, JSON in
 * `bench-results/`. Everything is measured from outside, through the socket, against a driver in a process of its own.
 */
import { mkdir } from 'node:fs/promises';
import { createRequest } from './create-request.ts';
import { machine } from './machine.ts';
import { type Figure, printTable } from './report.ts';
import { startup, withDriver } from './runs.ts';
import { stageFigures } from './stage.ts';
import { type Load, load, loadUntil, median, medianLoad } from './statistics.ts';

const REPEATS = 5;
const CALLS = 3000;
const VOLUMES = 10_000;
/** What an operation of the mock waits in the runs that tell the driver's own time: an SSH round trip. */
const LATENCY_MS = 200;
/** How often the mock waits in a create: before it decides, and before it writes. */
const CREATE_WAITS = 2;
const COMPILED = ['dist/rose-csi'];
const SOURCE = [process.execPath, 'src/main.ts'];

async function main(): Promise<number> {
  const figures = [
    ...(await startFigures()),
    ...(await memoryFigures()),
    ...(await throughputFigures()),
    ...(await ownTimeFigures()),
    ...(await listFigures()),
    ...(await stageFigures(COMPILED)),
  ];
  await mkdir('bench-results', { recursive: true });
  const results = { machine: machine(), at: new Date().toISOString(), figures };
  await Bun.write('bench-results/driver.json', `${JSON.stringify(results, null, 2)}\n`);
  printTable(results.machine, figures);
  return 0;
}

async function startFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, command] of [
    ['compiled', COMPILED],
    ['source', SOURCE],
  ] as const) {
    for (const mode of ['controller', 'node'] as const) {
      const samples = [];
      for (let run = 0; run < REPEATS; run += 1) samples.push(await startup(command, mode));
      figures.push({ name: `start to first Probe, ${name}, ${mode}`, value: median(samples), unit: 'ms' });
    }
  }
  return figures;
}

async function memoryFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, settings] of [
    ['controller', { CSI_MODE: 'controller' }],
    ['node', { CSI_MODE: 'node' }],
    // As it is to be deployed: docs/decisions/0008.
    ['node without JIT', { CSI_MODE: 'node', BUN_JSC_useJIT: '0' }],
    ['all', { CSI_MODE: 'all' }],
  ] as const) {
    const samples: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      await withDriver(COMPILED, settings, async (driver) => {
        await Bun.sleep(2000); // Idle is a matter of time: the collector has to have run.
        samples.push(await residentMiB(driver.pid));
      });
    }
    figures.push({ name: `idle RSS, compiled, ${name}`, value: median(samples), unit: 'MiB' });
  }
  return figures;
}

async function residentMiB(pid: number): Promise<number> {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(await Bun.file(`/proc/${pid}/status`).text())?.[1];
  return Number(kib) / 1024;
}

async function repeated(measure: (run: number) => Promise<Load>): Promise<Load> {
  const runs: Load[] = [];
  for (let run = 0; run < REPEATS; run += 1) runs.push(await measure(run));
  return medianLoad(runs);
}

async function throughputFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  await withDriver(COMPILED, { CSI_MODE: 'controller' }, async ({ client }) => {
    const calls: [string, (at: number, run: number) => Promise<unknown>][] = [
      ['Probe', () => client.identity.probe({})],
      ['CreateVolume', (at, run) => client.controller.createVolume(createRequest(`bench-${run}-${at}`))],
    ];
    for (const [name, call] of calls) {
      for (const inFlight of [1, 100]) {
        const total = name === 'Probe' ? CALLS : CALLS / 10;
        const result = await repeated((run) =>
          load(total, inFlight, (at) => call(at, run * 10 + (inFlight > 1 ? 5 : 0))),
        );
        figures.push(...loadFigures(`${name}, no backend latency, ${inFlight} in flight`, result));
      }
    }
  });
  return figures;
}

const loadFigures = (name: string, { perSecond, p50Ms, p99Ms }: Load): Figure[] => [
  { name: `${name}, rate`, value: perSecond, unit: '/s' },
  { name: `${name}, p50`, value: p50Ms, unit: 'ms' },
  { name: `${name}, p99`, value: p99Ms, unit: 'ms' },
];

/**
 * The driver's own time while its appliance is slow: what a call takes beyond the mock's waits. 100 calls in flight
 * are spread over the time that one takes, as callers that know nothing of each other are. Beside them Probe is asked
 * again and again.
 */
async function ownTimeFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const settings = { CSI_MODE: 'controller', MOCK_LATENCY_MS: String(LATENCY_MS) };
  const waitMs = CREATE_WAITS * LATENCY_MS;
  await withDriver(COMPILED, settings, async ({ client }) => {
    for (const inFlight of [1, 100]) {
      const total = inFlight === 1 ? 5 : 400;
      const probes: Load[] = [];
      const creates = await repeated(async (run) => {
        const create = (at: number) =>
          client.controller.createVolume(createRequest(`own-${inFlight}-${run}-${at}`));
        const creating = load(total, inFlight, create, waitMs / inFlight);
        probes.push(await loadUntil(creating, () => client.identity.probe({})));
        return creating;
      });
      const beside = medianLoad(probes);
      const name = `${inFlight} in flight`;
      figures.push(
        { name: `own time, CreateVolume, ${name}, p50`, value: creates.p50Ms - waitMs, unit: 'ms' },
        { name: `own time, CreateVolume, ${name}, p99`, value: creates.p99Ms - waitMs, unit: 'ms' },
        { name: `Probe beside CreateVolume, ${name}, p50`, value: beside.p50Ms, unit: 'ms' },
        { name: `Probe beside CreateVolume, ${name}, p99`, value: beside.p99Ms, unit: 'ms' },
      );
    }
  });
  return figures;
}

async function listFigures(): Promise<Figure[]> {
  const samples: number[] = [];
  const created = performance.now();
  let createdMs = 0;
  await withDriver(COMPILED, { CSI_MODE: 'controller', MOCK_POOLS: 'default=16TiB' }, async ({ client }) => {
    await load(VOLUMES, 50, (at) => client.controller.createVolume(createRequest(`list-${at}`)));
    createdMs = performance.now() - created;
    for (let run = 0; run < REPEATS; run += 1) {
      const begun = performance.now();
      const { entries } = await client.controller.listVolumes({ maxEntries: 0, startingToken: '' });
      samples.push(performance.now() - begun);
      if (entries.length !== VOLUMES) throw new Error(`${entries.length} volumes were listed`);
    }
  });
  return [
    { name: `ListVolumes of ${VOLUMES}`, value: median(samples), unit: 'ms' },
    { name: `creating ${VOLUMES} for it, 50 in flight`, value: createdMs, unit: 'ms' },
  ];
}

process.exit(await main());
