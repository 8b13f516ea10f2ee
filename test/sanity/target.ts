import type { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { ListSnapshotsRequest } from '../../src/core/csi/generated/csi.ts';
import type { SanityResults } from './junit.ts';

/** A driver and what stands behind it, made ready for csi-sanity. */
export interface Target {
  /** Of its results' file, such as `mock-mount`. */
  readonly name: string;
  /** For csi-sanity: `mount` or `block`. */
  readonly accessType: string;
  /** Headings of docs/TESTING.md below which its skips are listed. */
  readonly skips: readonly string[];
  /** Headings below which specs are listed that are not even begun. */
  readonly leftOut: readonly string[];
  /** @returns what the work gives, and what else was wrong, in words */
  run(work: (driver: DriverProcess, folder: string) => Promise<SanityResults>): Promise<TargetResults>;
}

export interface TargetResults {
  readonly results: SanityResults;
  readonly faults: readonly string[];
}

/** Volumes and snapshots that a finished run has left. */
export async function objectsLeft({ client }: DriverProcess): Promise<string[]> {
  const { entries: volumes } = await client.controller.listVolumes({ maxEntries: 0, startingToken: '' });
  const all = ListSnapshotsRequest.fromPartial({});
  const { entries: snapshots } = await client.controller.listSnapshots(all);
  const left = { volumes: volumes.length, snapshots: snapshots.length };
  return Object.entries(left)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `left behind: ${count} ${what}`);
}
