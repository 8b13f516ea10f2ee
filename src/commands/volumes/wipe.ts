import { EvidenceReader } from '../../backends/routeros/admin/evidence.ts';
import { randomRevision } from '../../backends/routeros/admin/random-revision.ts';
import { Wipe } from '../../backends/routeros/admin/wipe.ts';
import { planWipe, type WipePlan } from '../../backends/routeros/admin/wipe-plan.ts';
import { formatBytes } from '../../core/bytes.ts';
import { COMMON_OPTIONS, readApplianceConfig, SETTINGS_HELP, wantsJson } from '../appliance-config.ts';
import { readCommandLine } from '../options.ts';
import type { Subcommand } from '../subcommand.ts';
import { toJson } from '../table.ts';
import { readVolumeId } from '../volume-word.ts';
import { isConfirmed } from './import.ts';
import { withAppliance } from './with-appliance.ts';

const HELP = `rose-csi volumes wipe: replace a volume's image by an empty one. ALL THAT IT HOLDS IS GONE

Usage: rose-csi volumes wipe <id> [--confirm <id>] [-o json] [settings]

For a volume that a node refuses to format because it is not blank: what is left of an mkfs that was interrupted, say,
when another node is to have it. Afterwards it is as empty as a new one, and a node may format it. Id, size and
PersistentVolume stay. Snapshots of it stay, too. Refused while it is published or exported, and for volumes that were
imported or made from other data.

  --confirm <id>   do it
  -o json          for machines; sizes in bytes

A wipe that was interrupted is finished by the same command. Exit code 1 where there is something to confirm.

${SETTINGS_HELP}`;

/** @returns the exit code */
export const wipe: Subcommand = async (args, { environment, out, stop }) => {
  const line = readCommandLine(args, { ...COMMON_OPTIONS, confirm: { type: 'string' } });
  if (line.flag('help')) {
    out(HELP);
    return 0;
  }
  const json = wantsJson(line);
  const settings = readApplianceConfig(environment, line);
  const id = readVolumeId(line, settings);
  const writes = isConfirmed(line, id, settings);
  return withAppliance(settings, stop, async ({ deps, context }) => {
    const evidence = await new EvidenceReader(deps).read(id, context());
    const plan = planWipe(evidence, settings.CLUSTER_ID, randomRevision(deps.random));
    if (writes) await new Wipe(deps).run(plan, context());
    out(json ? toJson({ id, ...plan, written: writes }) : asText(id, plan, writes));
    return writes ? 0 : 1;
  });
};

function asText(id: string, { bytes, place, disk }: WipePlan, written: boolean): string {
  const what = `volume ${id}, ${formatBytes(bytes)} at ${place.image}`;
  if (written) return `${what}: wiped\n`;
  const begun = disk ? '' : 'A wipe of it was begun, and is to be finished.\n';
  return `${what}\n${begun}ALL THAT IT HOLDS would be gone. Nothing was changed; do it with --confirm ${id}\n`;
}
