import { EvidenceReader } from '../../backends/routeros/admin/evidence.ts';
import { randomRevision } from '../../backends/routeros/admin/random-revision.ts';
import { Wipe } from '../../backends/routeros/admin/wipe.ts';
import { planWipe, type WipePlan } from '../../backends/routeros/admin/wipe-plan.ts';
import { formatBytes } from '../../core/bytes.ts';
import { SETTINGS_HELP } from '../appliance-config.ts';
import { volumeCommand } from './volume-command.ts';

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

export const wipe = volumeCommand({
  help: HELP,
  read: () => undefined,
  async run({ deps, context, id, confirmed: written }) {
    const evidence = await new EvidenceReader(deps).read(id, context());
    const plan = planWipe(evidence, deps.layout.clusterId, randomRevision(deps.random));
    if (written) await new Wipe(deps).run(plan, context());
    return { json: { ...plan, written }, text: asText(id, plan, written), settled: written };
  },
});

function asText(id: string, { bytes, place, disk }: WipePlan, written: boolean): string {
  const what = `volume ${id}, ${formatBytes(bytes)} at ${place.image}`;
  if (written) return `${what}: wiped\n`;
  const begun = disk ? '' : 'A wipe of it was begun, and is to be finished.\n';
  return `${what}\n${begun}ALL THAT IT HOLDS would be gone. Nothing was changed; do it with --confirm ${id}\n`;
}
