import { ConfigError } from '../../config.ts';
import type { Subcommand } from '../subcommand.ts';
import type { Surroundings } from '../surroundings.ts';
import { remove } from './delete.ts';
import { list } from './list.ts';

const ORPHANS_HELP = `rose-csi orphans: volumes on an appliance that no PersistentVolume of the cluster knows

Usage: rose-csi orphans <subcommand> [flags]

  list          all of them, and which of them are kept
  delete <id>   delete one that no node ever had

list only reads; delete only says what it would do, until --confirm.
Each has --help. Exit codes: 0 done; 1 failed, refused, or something is left to do; 2 a fault in the command line or the
settings.
`;

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = { list, delete: remove };

/** @returns the exit code @throws ConfigError */
export async function orphans(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const [name = '', ...rest] = args;
  if (name === '' || name === '--help' || name === '-h') {
    surroundings.out(ORPHANS_HELP);
    return name === '' ? 2 : 0;
  }
  const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (subcommand) return subcommand(rest, surroundings);
  throw new ConfigError([`orphans has no subcommand ${JSON.stringify(name)}; see rose-csi orphans --help`]);
}
