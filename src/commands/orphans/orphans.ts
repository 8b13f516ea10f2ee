import { ofSubcommands } from '../subcommand.ts';
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

export const orphans = ofSubcommands('orphans', ORPHANS_HELP, { list, delete: remove });
