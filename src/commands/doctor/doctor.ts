import { randomBytes } from 'node:crypto';
import { examineAppliance } from '../../backends/routeros/doctor/doctor.ts';
import { sshSettings } from '../../backends/routeros/ssh/ssh-access.ts';
import { SystemClock } from '../../core/clock.ts';
import { routerosSettings } from '../../routeros-settings.ts';
import type { Settings } from '../../settings.ts';
import { VERSION } from '../../version.ts';
import { COMMON_OPTIONS, readApplianceConfig, SETTINGS_HELP, wantsJson } from '../appliance-config.ts';
import { type CommandLine, readCommandLine } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';
import { toJson } from '../table.ts';
import { reportJson, resultText, scrubFor, succeeded, summaryText } from './report.ts';

const HELP = `rose-csi doctor: check an appliance, and find out what it does

Usage: rose-csi doctor [--write-tests] [-o json] [settings]

Checks in order: the network, the host key, the login and its policies, version and package, pools, sessions, ports,
the clock, and whether scripts do what the driver thinks they do. Without --write-tests nothing is changed.

  --write-tests  also makes disks of 16 MiB, in a folder of its own (<pool>/csi-doctor, slots csi-doctor-…), to find out
                 what nobody has published: first of all what an existing image at file-path becomes. Everything is
                 removed again, after Ctrl-C too; what could not be removed is listed.
  -o json        for machines

The report has no passwords, no address and no user name in it, and may be attached to an issue. Without RDS_HOST_KEY
it shows the appliance's key, and stops before the login. A RouterOS virtual machine (CHR) will do for most questions:
docs/hardware-questions.md says how. Exit code 1 where something failed.

${SETTINGS_HELP}`;

/** @returns the exit code @throws ConfigError */
export async function doctor(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { environment, out, stop } = surroundings;
  const line = readCommandLine(args, { ...COMMON_OPTIONS, 'write-tests': { type: 'boolean' } });
  if (line.flag('help')) {
    out(HELP);
    return 0;
  }
  const json = wantsJson(line);
  const { settings, insecureAsked } = readSettings(environment, line);
  const access = routerosSettings(settings);
  const ssh = await sshSettings(access);
  const scrub = scrubFor(ssh);
  const clock = new SystemClock();
  const say = json ? () => undefined : out;
  const writeTests = line.flag('write-tests');
  say(`rose-csi ${VERSION} doctor, ${new Date(clock.now()).toISOString()}\n\n`);
  const examination = await examineAppliance({
    access,
    ssh,
    insecureAsked,
    ports: settings.RDS_NVME_PORTS,
    pools: settings.RDS_POOL,
    reservePercent: settings.RDS_POOL_RESERVE_PERCENT,
    writeTests,
    clock,
    random: (bytes) => randomBytes(bytes),
    signal: stop,
    told: (result) => say(resultText(result, scrub)),
  });
  say(summaryText(examination, writeTests));
  if (json) out(toJson(reportJson(examination, VERSION, clock.now(), scrub)));
  return succeeded(examination) ? 0 : 1;
}

/** The doctor finds out what others must be told: the host key and the cluster may be missing. */
function readSettings(
  environment: Surroundings['environment'],
  line: CommandLine,
): { settings: Settings; insecureAsked: boolean } {
  const insecure = line.text('rds-insecure-host-key') ?? environment['RDS_INSECURE_HOST_KEY'];
  const settings = readApplianceConfig(
    {
      ...environment,
      RDS_INSECURE_HOST_KEY: environment['RDS_INSECURE_HOST_KEY'] || 'true',
      CLUSTER_ID: environment['CLUSTER_ID'] || 'doctor',
    },
    line,
  );
  return { settings, insecureAsked: insecure === 'true' };
}
