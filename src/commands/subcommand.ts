import { ConfigError } from '../config.ts';
import type { Surroundings } from './surroundings.ts';

/** @returns the exit code @throws ConfigError */
export type Subcommand = (args: readonly string[], surroundings: Surroundings) => Promise<number>;

/**
 * A command that is made of others, by the first word behind it.
 * @param help of the command as a whole
 */
export const ofSubcommands =
  (command: string, help: string, subcommands: Readonly<Record<string, Subcommand>>): Subcommand =>
  async ([name = '', ...rest], surroundings) => {
    if (name === '' || name === '--help' || name === '-h') {
      surroundings.out(help);
      return name === '' ? 2 : 0;
    }
    const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
    if (subcommand) return subcommand(rest, surroundings);
    throw new ConfigError([
      `${command} has no subcommand ${JSON.stringify(name)}; see rose-csi ${command} --help`,
    ]);
  };
