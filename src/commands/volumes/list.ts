import { Survey, type SurveyedDisk } from '../../backends/routeros/admin/survey.ts';
import { formatBytes } from '../../core/bytes.ts';
import { COMMON_OPTIONS, readApplianceConfig, SETTINGS_HELP, wantsJson } from '../appliance-config.ts';
import { readCommandLine } from '../options.ts';
import type { Subcommand } from '../subcommand.ts';
import { table, toJson } from '../table.ts';
import { withAppliance } from './with-appliance.ts';

const HELP = `rose-csi volumes list: the volumes of this cluster on an appliance

Usage: rose-csi volumes list [--all] [-o json] [settings]

  --all          also disks of other clusters, and such as are nothing of this driver's
  -o json        for machines; sizes in bytes

RECORD: ok; edited (somebody changed the comment: see volumes repair); newer (a newer driver wrote it);
with --all also other-cluster and foreign.

${SETTINGS_HELP}`;

/** @returns the exit code */
export const list: Subcommand = async (args, { environment, out, stop }) => {
  const line = readCommandLine(args, { ...COMMON_OPTIONS, all: { type: 'boolean' } });
  if (line.flag('help')) {
    out(HELP);
    return 0;
  }
  const json = wantsJson(line);
  const settings = readApplianceConfig(environment, line);
  const disks = await withAppliance(settings, stop, ({ deps, context }) =>
    new Survey(deps).run(line.flag('all'), context()),
  );
  out(json ? toJson(disks) : asTable(disks));
  return 0;
};

const HEAD = ['SLOT', 'NAME', 'SIZE', 'POOL', 'NODES', 'EPOCH', 'EXPORTED', 'RECORD'];

const asTable = (disks: readonly SurveyedDisk[]): string =>
  table(
    HEAD,
    disks.map(({ slot, name, bytes, pool, nodes, epoch, exported, imported, state }) => [
      slot,
      name || '-',
      formatBytes(bytes),
      pool || '-',
      nodes.join(',') || '-',
      epoch ?? '-',
      exported ? 'yes' : 'no',
      imported ? `${state}, imported` : state,
    ]),
  );
