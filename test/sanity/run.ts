/**
 * `bun test/sanity/run.ts <csi-sanity> [driver command…]`: csi-sanity against the driver on the mock backend with
 * the loop transport, with file systems and with raw block; and on RouterOS, simulated behind real SSH; each with two
 * appliances, too. Needs root: the mock's volumes are really mounted. Fails for a failed spec, for a skip that
 * docs/TESTING.md does not list, and for anything left behind. Results stand in test-results/ as JUnit.
 */
import { mkdir } from 'node:fs/promises';
import { runSanity } from './csi-sanity.ts';
import { listedSkips } from './junit.ts';
import { MockTarget } from './mock-target.ts';
import { RouterosTarget } from './routeros-target.ts';
import type { Target } from './target.ts';

const RESULTS = 'test-results';
/** Appliances of a driver that has several. */
const FLEET = ['attic', 'cellar'];

interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

function targets(command: readonly string[]): Target[] {
  const routeros = (version: string, accessType: string, latencyMs: number) =>
    new RouterosTarget({ command, version, accessType, latencyMs });
  return [
    new MockTarget(command, 'mount'),
    new MockTarget(command, 'block'),
    routeros('7.21.5', 'mount', 0),
    routeros('7.21.5', 'block', 0),
    routeros('7.24', 'mount', 0),
    routeros('7.24', 'block', 0),
    new MockTarget(command, 'mount', FLEET),
    new RouterosTarget({ command, version: '7.24', accessType: 'mount', latencyMs: 0, fleet: FLEET }),
    routeros('7.21.5', 'mount', 200),
    routeros('7.24', 'mount', 200),
  ];
}

async function main([program, ...driver]: readonly string[]): Promise<number> {
  if (!program) throw new Error('usage: bun test/sanity/run.ts <csi-sanity> [driver command…]');
  if (process.getuid?.() !== 0) throw new Error('csi-sanity mounts volumes for real: run it as root');
  await mkdir(RESULTS, { recursive: true });
  const testing = await Bun.file('docs/TESTING.md').text();
  const command = driver.length > 0 ? driver : [process.execPath, 'src/main.ts'];
  let sum: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const target of targets(command)) {
    const { passed, failed, skipped } = await verdictOf(program, target, testing);
    sum = { passed: sum.passed + passed, failed: sum.failed + failed, skipped: sum.skipped + skipped };
  }
  process.stdout.write(`sanity: ${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
  return sum.failed === 0 ? 0 : 1;
}

async function verdictOf(program: string, target: Target, testing: string): Promise<Tally> {
  const begun = performance.now();
  process.stdout.write(`\n--- ${target.name}\n`);
  const leftOut = target.leftOut.flatMap((name) => [...listedSkips(testing, name).keys()]);
  const known = new Set([
    ...target.skips.flatMap((name) => [...listedSkips(testing, name).keys()]),
    ...leftOut,
  ]);
  const { results, faults } = await target.run((driver, folder) =>
    runSanity({
      program,
      endpoint: driver.endpoint,
      folder,
      accessType: target.accessType,
      junit: `${RESULTS}/sanity-${target.name}.xml`,
      leftOut,
    }),
  );
  const all = [
    ...faults,
    ...results.failed.map((name) => `failed: ${name}`),
    ...results.skipped
      .filter((name) => !known.has(name))
      .map((name) => `skipped, not in docs/TESTING.md: ${name}`),
    ...leftOut
      .filter((name) => !results.skipped.includes(name))
      .map((name) => `to be left out by docs/TESTING.md, but csi-sanity has no such spec: ${name}`),
  ];
  for (const fault of all) process.stdout.write(`${target.name}: ${fault}\n`);
  process.stdout.write(`${target.name}: ${Math.round((performance.now() - begun) / 1000)} s\n`);
  return { passed: results.passed, failed: all.length, skipped: results.skipped.length };
}

process.exit(await main(process.argv.slice(2)));
