import { parseArgs } from 'node:util';
import { ConfigError, flagOf } from '../config.ts';
import { SETTINGS } from '../settings.ts';

/** An option of a command itself, beside the settings. */
export interface OwnOption {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly multiple?: boolean;
}

export interface CommandLine {
  readonly flag: (name: string) => boolean;
  /** The last one given. */
  readonly text: (name: string) => string | undefined;
  readonly texts: (name: string) => readonly string[];
  readonly words: readonly string[];
  /** As `readConfig` takes them. */
  readonly settings: readonly string[];
}

const SETTING_FLAGS = Object.keys(SETTINGS).map((name) => flagOf(name).slice(2));

/**
 * Takes a command's own options and its words apart from the settings.
 * @throws ConfigError an unknown option, or one without its value
 */
export function readCommandLine(
  args: readonly string[],
  own: Readonly<Record<string, OwnOption>>,
): CommandLine {
  const settings = Object.fromEntries(SETTING_FLAGS.map((name) => [name, { type: 'string' as const }]));
  const { values, positionals } = parse(args, { ...settings, ...own });
  const all = (name: string): string[] => [values[name] ?? []].flat().map(String);
  return {
    flag: (name) => values[name] === true,
    text: (name) => all(name).at(-1),
    texts: all,
    words: positionals,
    settings: SETTING_FLAGS.flatMap((name) => all(name).map((value) => `--${name}=${value}`)),
  };
}

function parse(args: readonly string[], options: Readonly<Record<string, OwnOption>>) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new ConfigError([error instanceof Error ? error.message : String(error)]);
  }
}
