import { ConfigError, readConfig } from '../../config.ts';
import { SystemClock } from '../../core/clock.ts';
import { ApiClient } from '../../kubernetes/api-client.ts';
import { clusterSource } from '../../kubernetes/cluster-source.ts';
import { loadCredentials } from '../../kubernetes/load-credentials.ts';
import { VERSION } from '../../version.ts';
import { type CommandLine, readCommandLine } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';
import { type Schedule, ScheduleRun } from './schedule.ts';

const HELP = `rose-csi snapshots: take a VolumeSnapshot of each claim of a schedule, and delete what it has too many of

Usage: rose-csi snapshots --namespace <namespace> --selector <labels> --keep <n> [flags] [settings]

For a CronJob (docs/guides/scheduled-snapshots.md). Each claim keeps its newest <n> snapshots of this schedule that are
ready; only older ones are deleted. Failed ones do not count, and age alone deletes nothing: the last good snapshot stays
whatever happens. Snapshots that were made otherwise are not touched.

  --namespace <name>   of claims and snapshots
  --selector <labels>  the claims: a label selector, such as backup=nightly
  --keep <n>           1 to 1000
  --schedule <name>    tells schedules apart (scheduled)
  --class <name>       the VolumeSnapshotClass (the cluster's default)
  --wait <seconds>     until a snapshot must be ready, 1 to 3600 (300)

The API server is that of the settings KUBECONFIG, or of the pod's service account. Exit code 1 where a snapshot could not
be taken or deleted, or no claim has the labels.
`;

export const SNAPSHOT_OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  namespace: { type: 'string' },
  selector: { type: 'string' },
  keep: { type: 'string' },
  schedule: { type: 'string' },
  class: { type: 'string' },
  wait: { type: 'string' },
} as const;

const REQUEST_MS = 30_000;

/** @returns the exit code */
export async function snapshots(
  args: readonly string[],
  { environment, out, err, stop }: Surroundings,
): Promise<number> {
  const line = readCommandLine(args, SNAPSHOT_OPTIONS);
  if (line.flag('help')) {
    out(HELP);
    return 0;
  }
  const schedule = readSchedule(line);
  const settings = readConfig(
    { ...environment, NODE_NAME: environment['NODE_NAME'] || 'command' },
    line.settings,
  );
  const api = new ApiClient({
    credentials: await loadCredentials(clusterSource(settings)),
    fetch,
    userAgent: `rose-csi/${VERSION}`,
    throttle: async () => undefined,
    timeoutMs: REQUEST_MS,
    onAnswer: () => undefined,
  });
  const { taken, deleted, failures } = await new ScheduleRun(api, new SystemClock(), schedule).run(stop);
  for (const name of taken) out(`ready    ${name}\n`);
  for (const name of deleted) out(`deleted  ${name}\n`);
  for (const failure of failures) err(`rose-csi: ${failure}\n`);
  return failures.length === 0 ? 0 : 1;
}

/** @throws ConfigError with every fault */
export function readSchedule(line: CommandLine): Schedule {
  const faults: string[] = [];
  const checked = (name: string, pattern: RegExp, allowed: string, fallback = ''): string => {
    const text = line.text(name) ?? fallback;
    if (!pattern.test(text)) faults.push(`--${name} is ${JSON.stringify(text)}; allowed: ${allowed}`);
    return text;
  };
  const whole = (name: string, most: number, fallback?: string): number => {
    const allowed = `a whole number from 1 to ${most}`;
    const value = Number(checked(name, /^[1-9]\d{0,3}$/, allowed, fallback));
    if (value > most) faults.push(`--${name} is ${value}; allowed: ${allowed}`);
    return value;
  };
  const label = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;
  const schedule = {
    namespace: checked('namespace', /^[a-z0-9-]+$/, 'a namespace'),
    selector: checked('selector', /./, 'a label selector'),
    keep: whole('keep', 1000),
    name: checked('schedule', label, 'at most 32 of a-z, 0-9 and -', 'scheduled'),
    snapshotClass: checked('class', /^[a-z0-9.-]*$/, 'a VolumeSnapshotClass'),
    waitMs: whole('wait', 3600, '300') * 1000,
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return schedule;
}
