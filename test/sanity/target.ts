import type { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import type { SanityResults } from './junit.ts';

/** A driver and what stands behind it, made ready for csi-sanity. */
export interface Target {
  /** Of its results' file, such as `mock-mount`. */
  readonly name: string;
  /** For csi-sanity: `mount` or `block`. */
  readonly accessType: string;
  /** Headings of docs/TESTING.md below which its skips are listed. */
  readonly skips: readonly string[];
  /** A heading below which specs are listed that are not even begun. */
  readonly leftOut?: string;
  /** @returns what the work gives, and what else was wrong, in words */
  run(work: (driver: DriverProcess, folder: string) => Promise<SanityResults>): Promise<TargetResults>;
}

export interface TargetResults {
  readonly results: SanityResults;
  readonly faults: readonly string[];
}

/** Volumes that a finished run has left. */
export async function volumesLeft({ client }: DriverProcess): Promise<string[]> {
  const { entries } = await client.controller.listVolumes({ maxEntries: 0, startingToken: '' });
  return entries.length > 0 ? [`left behind: ${entries.length} volumes`] : [];
}
