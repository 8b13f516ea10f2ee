import { ConfigError, readConfig } from '../config.ts';
import type { Settings } from '../settings.ts';
import type { CommandLine, OwnOption } from './options.ts';

/** Options of every command that looks after an appliance. */
export const COMMON_OPTIONS = {
  output: { type: 'string', short: 'o' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Record<string, OwnOption>;

/**
 * The settings of the appliance that a command works on: those of `serve`, of which only the appliance's matter.
 * @throws ConfigError
 */
export function readApplianceConfig(
  environment: Readonly<Record<string, string | undefined>>,
  line: CommandLine,
): Settings {
  const settings = readConfig(
    {
      ...environment,
      RDS_BACKEND: environment['RDS_BACKEND'] || 'routeros',
      CSI_MODE: 'controller',
      // Not used; a container for a person's commands may have none.
      NODE_NAME: environment['NODE_NAME'] || 'command',
    },
    line.settings,
  );
  if (settings.RDS_BACKEND === 'routeros') return settings;
  throw new ConfigError(['RDS_BACKEND is "mock"; this command is for appliances: set RDS_BACKEND=routeros']);
}

/** @throws ConfigError */
export function wantsJson(line: CommandLine): boolean {
  const output = line.text('output');
  if (output === undefined || output === 'table' || output === 'text') return false;
  if (output === 'json') return true;
  throw new ConfigError([`--output is ${JSON.stringify(output)}; allowed: json`]);
}

/** The words in which every `--help` ends. */
export const SETTINGS_HELP =
  'The appliance is that of the settings RDS_*, CLUSTER_ID and NQN_BASE, as environment variables or flags, as serve\n' +
  'has them (rose-csi serve --help).\n';
