import { ofSubcommands } from '../subcommand.ts';
import { importVolume } from './import.ts';
import { list } from './list.ts';
import { recover } from './recover.ts';
import { release } from './release.ts';
import { repair } from './repair.ts';
import { show } from './show.ts';
import { wipe } from './wipe.ts';

const VOLUMES_HELP = `rose-csi volumes: look after the volumes on an appliance

Usage: rose-csi volumes <subcommand> [flags]

  list          the cluster's volumes; --all: every disk of the appliance
  show <id>     everything that the appliance tells of one, and what does not fit together
  repair <id>   write a record anew that somebody edited or that is missing
  recover       make disk items again from the records beside the images
  import <slot> make a disk that is there already a volume of this cluster
  release <id>  make an imported disk what it was before
  wipe <id>     replace a volume's image by an empty one, so that a node may format it

list and show only read. The others only say what they would do, until --confirm.
Each has --help. Exit codes: 0 done; 1 failed, or something is left to do; 2 a fault in the command line or the settings.
`;

export const volumes = ofSubcommands('volumes', VOLUMES_HELP, {
  list,
  show,
  repair,
  recover,
  import: importVolume,
  release,
  wipe,
});
