/**
 * `bun test/sanity/run.ts <csi-sanity> [driver command…]`: csi-sanity against the driver on the mock backend with
 * the loop transport, once with file systems and once with raw block. Needs root: volumes are really mounted.
 * Fails for a failed spec, for a skip that docs/TESTING.md does not list, and for anything left behind.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { loopDevicesBelow, mountsBelow } from '../../src/commands/demo/node-walk.ts';
import { MiB } from '../../src/core/bytes.ts';
import { listedSkips, parseJunit, type SanityResults } from './junit.ts';

const RESULTS = 'test-results';
const START_TIMEOUT_MS = 10_000;

const [sanity, ...driver] = process.argv.slice(2);

async function main(): Promise<number> {
  if (!sanity) throw new Error('usage: bun test/sanity/run.ts <csi-sanity> [driver command…]');
  if (process.getuid?.() !== 0) throw new Error('csi-sanity mounts volumes for real: run it as root');
  await mkdir(RESULTS, { recursive: true });
  const skips = listedSkips(await Bun.file('docs/TESTING.md').text());
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const accessType of ['mount', 'block']) {
    const faults: string[] = [];
    const results = await withDriver(
      (process_, folder) => runSanity(sanity, process_, folder, accessType),
      faults,
    );
    faults.push(...results.failed.map((name) => `failed: ${name}`));
    faults.push(
      ...results.skipped
        .filter((name) => !skips.has(name))
        .map((name) => `skipped, not in docs/TESTING.md: ${name}`),
    );
    for (const fault of faults) process.stdout.write(`${accessType}: ${fault}\n`);
    passed += results.passed;
    failed += faults.length;
    skipped += results.skipped.length;
  }
  process.stdout.write(`sanity: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed === 0 ? 0 : 1;
}

async function withDriver(
  work: (driver: DriverProcess, folder: string) => Promise<SanityResults>,
  faults: string[],
): Promise<SanityResults> {
  const folder = await mkdtemp(`${tmpdir()}/rose-csi-sanity-`);
  const command = driver.length > 0 ? driver : [process.execPath, 'src/main.ts'];
  const settings = { NODE_NAME: 'sanity-node' };
  const running = await DriverProcess.start({ command, folder, settings, timeoutMs: START_TIMEOUT_MS });
  try {
    const results = await work(running, folder);
    const { entries } = await running.client.controller.listVolumes({ maxEntries: 0, startingToken: '' });
    if (entries.length > 0) faults.push(`left behind: ${entries.length} volumes`);
    return results;
  } finally {
    const code = await running.stop();
    if (code !== 0) faults.push(`the driver ended with exit code ${code}`);
    faults.push(...(await notReal(`${folder}/driver.log`)));
    const left = [...mountsBelow(folder), ...(await loopDevicesBelow(folder))];
    if (left.length > 0) faults.push(`left behind: ${left.join(', ')}; the log is ${folder}/driver.log`);
    else await rm(folder, { recursive: true });
  }
}

/** The volumes must have been real: the driver's log says which programs it ran. */
async function notReal(log: string): Promise<string[]> {
  const text = await Bun.file(log).text();
  const ran = (program: string) => text.split(`"program":"${program}"`).length - 1;
  const counts = ['losetup', 'mount', 'umount'].map((program) => [program, ran(program)] as const);
  process.stdout.write(
    `the driver ran ${counts.map(([program, count]) => `${program} ${count} times`).join(', ')}\n`,
  );
  return counts
    .filter(([, count]) => count === 0)
    .map(([program]) => `nothing was real: ${program} was never run`);
}

async function runSanity(
  program: string,
  { endpoint }: DriverProcess,
  folder: string,
  accessType: string,
): Promise<SanityResults> {
  const junit = `${RESULTS}/sanity-mock-${accessType}.xml`;
  // An earlier run's results must not stand for those of a program that crashed.
  await rm(junit, { force: true });
  const child = Bun.spawn(
    [
      program,
      `-csi.endpoint=${endpoint}`,
      `-csi.mountdir=${folder}/mount`,
      `-csi.stagingdir=${folder}/staging`,
      `-csi.junitfile=${junit}`,
      `-csi.testvolumesize=${32n * MiB}`,
      `-csi.testvolumeexpandsize=${64n * MiB}`,
      `-csi.testvolumeaccesstype=${accessType}`,
      '-ginkgo.succinct',
      '-ginkgo.no-color',
    ],
    { stdout: 'inherit', stderr: 'inherit' },
  );
  const code = await child.exited;
  const results = parseJunit(await Bun.file(junit).text());
  if (code === 0 || results.failed.length > 0) return results;
  return { ...results, failed: [`csi-sanity itself, with exit code ${code}`] };
}

process.exit(await main());
