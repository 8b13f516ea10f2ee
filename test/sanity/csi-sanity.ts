import { rm } from 'node:fs/promises';
import { MiB } from '../../src/core/bytes.ts';
import { parseJunit, type SanityResults } from './junit.ts';

export interface SanityRun {
  /** The csi-sanity executable. */
  readonly program: string;
  readonly endpoint: string;
  /** Staging and target paths lie below it. */
  readonly folder: string;
  /** `mount` or `block`. */
  readonly accessType: string;
  /** Where its results are kept. */
  readonly junit: string;
  /** Specs that are not begun, by their names. */
  readonly leftOut: readonly string[];
}

/** Runs csi-sanity to its end. */
export async function runSanity(run: SanityRun): Promise<SanityResults> {
  // An earlier run's results must not stand for those of a program that crashed.
  await rm(run.junit, { force: true });
  const child = Bun.spawn(
    [
      run.program,
      `-csi.endpoint=${run.endpoint}`,
      `-csi.mountdir=${run.folder}/mount`,
      `-csi.stagingdir=${run.folder}/staging`,
      `-csi.junitfile=${run.junit}`,
      `-csi.testvolumesize=${32n * MiB}`,
      `-csi.testvolumeexpandsize=${64n * MiB}`,
      `-csi.testvolumeaccesstype=${run.accessType}`,
      '-csi.testvolumemutableparameters=test/sanity/mutable-parameters.yaml',
      ...run.leftOut.map((name) => `-ginkgo.skip=${pattern(name)}`),
      '-ginkgo.succinct',
      '-ginkgo.no-color',
    ],
    { stdout: 'inherit', stderr: 'inherit' },
  );
  const code = await child.exited;
  process.stdout.write('\n'); // ginkgo ends without one.
  const results = parseJunit(await Bun.file(run.junit).text());
  if (code === 0 || results.failed.length > 0) return results;
  return { ...results, failed: [`csi-sanity itself, with exit code ${code}`] };
}

/** A spec's whole name as a Go expression. What ginkgo compares begins with the file, and keeps double spaces. */
const pattern = (name: string): string =>
  `${name
    .split(' ')
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('\\s+')}\\s*$`;
