import { faultsTogether, SETTINGS, type SettingName, type Settings } from './settings.ts';

/** Everything that is wrong with a configuration, at once. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`the configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}`);
    this.name = 'ConfigError';
  }
}

const NAMES = Object.keys(SETTINGS) as SettingName[];

/** `--csi-endpoint` for `CSI_ENDPOINT`. */
export const flagOf = (name: string): string => `--${name.toLowerCase().replaceAll('_', '-')}`;

/**
 * Reads the settings from flags (`--name value` or `--name=value`), then the environment, then the defaults. An
 * empty variable counts as absent, as Helm charts leave them.
 * @returns what could be read, and every fault: the setting's name, what was given, and what is allowed
 */
export function parseSettings(
  environment: Readonly<Record<string, string | undefined>>,
  flags: readonly string[],
): { values: Partial<Settings>; faults: string[] } {
  const { values, faults } = readFlags(flags);
  const settings = NAMES.map((name) => {
    const given = values.get(name) ?? (environment[name] || undefined);
    const { schema, fallback, allowed } = SETTINGS[name];
    const result = schema.safeParse(given ?? fallback);
    if (!result.success) faults.push(`${name} is ${JSON.stringify(given ?? fallback)}; allowed: ${allowed}`);
    return [name, result.data];
  });
  return { values: Object.fromEntries(settings), faults };
}

/**
 * @param values settings of which none was at fault, so that none is missing
 * @throws ConfigError what only all of them together show to be wrong
 */
export function wholeSettings(values: Partial<Settings>): Settings {
  const whole = values as Settings;
  const together = faultsTogether(whole);
  if (together.length > 0) throw new ConfigError(together);
  return whole;
}

/** The settings alone, of a process that speaks with no appliance. @throws ConfigError with every fault */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  flags: readonly string[],
): Settings {
  const { values, faults } = parseSettings(environment, flags);
  if (faults.length > 0) throw new ConfigError(faults);
  return wholeSettings(values);
}

function readFlags(flags: readonly string[]): { values: Map<SettingName, string>; faults: string[] } {
  const values = new Map<SettingName, string>();
  const faults: string[] = [];
  const rest = [...flags];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    const [key = '', ...parts] = flag.split('=');
    const name = NAMES.find((candidate) => flagOf(candidate) === key);
    const value = parts.length > 0 ? parts.join('=') : name && rest.shift();
    if (!name)
      faults.push(`${JSON.stringify(key)} is unknown; known flags are ${NAMES.map(flagOf).join(' ')}`);
    else if (value === undefined) faults.push(`${key} has no value; allowed: ${SETTINGS[name].allowed}`);
    else values.set(name, value);
  }
  return { values, faults };
}
