import { readFileSync } from 'node:fs';
import { ConfigError } from '../config.ts';
import { loadConfig } from '../load-config.ts';
import type { Settings } from '../settings.ts';
import type { CommandLine, OwnOption } from './options.ts';

/** Options of every command that looks after an appliance. */
export const COMMON_OPTIONS = {
  appliance: { type: 'string' },
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
  const { appliances } = loadConfig(
    {
      ...environment,
      RDS_BACKEND: environment['RDS_BACKEND'] || 'routeros',
      CSI_MODE: 'controller',
      // Not used; a container for a person's commands may have none.
      NODE_NAME: environment['NODE_NAME'] || 'command',
    },
    line.settings,
    (path) => readFileSync(path, 'utf8'),
  );
  const settings = chosen(appliances, line.text('appliance'));
  if (settings.RDS_BACKEND === 'routeros') return settings;
  throw new ConfigError(['RDS_BACKEND is "mock"; this command is for appliances: set RDS_BACKEND=routeros']);
}

/** Never guessed: a person who repairs something has one appliance in mind. */
function chosen(appliances: readonly Settings[], name: string | undefined): Settings {
  const [only, another] = appliances;
  const found = name === undefined && !another ? only : appliances.find(({ RDS_NAME }) => RDS_NAME === name);
  if (found) return found;
  const names = appliances.map(({ RDS_NAME }) => RDS_NAME).join(', ');
  throw new ConfigError([
    name === undefined
      ? `there are several appliances; say --appliance with one of ${names}`
      : `--appliance is ${JSON.stringify(name)}; there are ${names}`,
  ]);
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
  'has them (rose-csi serve --help). Where RDS_CONFIG names several, --appliance NAME says which.\n';
