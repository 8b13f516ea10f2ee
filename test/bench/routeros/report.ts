import { printComparison } from './comparison.ts';
import type { Results } from './results.ts';
import { ms, printRows, seconds } from './table.ts';

/** Everything for people; nothing fails here: a machine's mood is no test. */
export function printResults(results: Results): void {
  process.stdout.write(`\n${JSON.stringify(results.machine)}\n`);
  printAlone(results);
  printBursts(results);
  printOwnTime(results);
  printListings(results);
  printSilence(results);
  printComparison(results);
}

function printAlone({ alone }: Results): void {
  printRows(
    'One operation alone (median)',
    ['latency', 'operation', 'commands', 'time', 'budget'],
    alone.map((one) => [
      `${one.ms} ms ${one.kind}${one.rested ? '' : ', no pause'}`,
      one.operation,
      String(one.execs),
      ms(one.tookMs),
      verdict(one.tookMs, one.ms === 200 ? (one.kind === 'round trip' ? 420 : 210) : undefined),
    ]),
  );
}

function printBursts({ bursts }: Results): void {
  printRows(
    '100 at once; creates begin with one connection, deletes with those that stand',
    [
      'latency',
      'limit',
      'operation',
      'wall',
      'p50',
      'p99',
      'commands',
      'connections',
      'Probe p50',
      'Probe p99',
      'budget',
    ],
    bursts.map((one) => [
      `${one.ms} ms ${one.kind}`,
      String(one.sessions),
      one.operation,
      seconds(one.wallMs),
      seconds(one.p50Ms),
      seconds(one.p99Ms),
      String(one.execs),
      `${one.connections}, ${one.opened} opened`,
      ms(one.probeP50Ms),
      ms(one.probeP99Ms),
      [
        verdict(
          one.wallMs,
          one.kind === 'round trip' && one.ms === 200 && one.sessions === 8 ? 8000 : undefined,
        ),
        verdict(one.probeP99Ms, 5, 'Probe '),
      ]
        .join(' ')
        .trim(),
    ]),
  );
}

function printOwnTime({ ownTime }: Results): void {
  printRows(
    'Own time of a create, beside the time of the appliance',
    ['in flight', 'calls', 'p50', 'p99', 'processor', 'Probe p50', 'Probe p99', 'budget'],
    ownTime.map((one) => [
      String(one.inFlight),
      String(one.calls),
      ms(one.p50Ms),
      ms(one.p99Ms),
      ms(one.cpuMs),
      ms(one.probeP50Ms),
      ms(one.probeP99Ms),
      verdict(one.p99Ms, 10),
    ]),
  );
}

function printListings({ listings }: Results): void {
  printRows(
    'Listing everything',
    ['volumes', 'how', 'commands', 'wall', 'appliance', 'rest', 'processor', 'budget'],
    listings.map((one) => [
      String(one.volumes),
      one.how,
      String(one.execs),
      ms(one.wallMs),
      ms(one.applianceMs),
      ms(one.wallMs - one.applianceMs),
      ms(one.cpuMs),
      verdict(one.cpuMs, 1000),
    ]),
  );
}

function printSilence({ silence }: Results): void {
  printRows(
    'The network drops everything, silently; then it is back',
    [
      'round trip',
      'noticed',
      'call under way',
      'call afterwards',
      'next attempt',
      'then ready',
      'a create',
      'budget',
    ],
    silence.map((one) => [
      `${one.ms} ms`,
      seconds(one.noticedMs),
      `${one.callUnderWay.code} after ${seconds(one.callUnderWay.ms)}`,
      `${one.callAfterwards.code} after ${ms(one.callAfterwards.ms)}`,
      `after ${seconds(one.untilAttemptMs)}`,
      seconds(one.readyMs),
      seconds(one.backMs),
      `${verdict(one.noticedMs, 15_000, 'noticed ')} ${verdict(one.readyMs, 2000, 'ready ')}`,
    ]),
  );
}

/** In the value's unit, ms. */
function verdict(value: number, budget: number | undefined, what = ''): string {
  if (budget === undefined) return '';
  return value <= budget ? `${what}within ${budget} ms` : `${what}OVER ${budget} ms`;
}
