import { describeOrphan } from '../../core/reconcile/decide-orphans.ts';
import { deleteOrphan, judgeOrphan, type OrphanVerdict } from '../../core/reconcile/delete-orphan.ts';
import { COMMON_OPTIONS, wantsJson } from '../appliance-config.ts';
import { readCommandLine } from '../options.ts';
import type { Subcommand } from '../subcommand.ts';
import { printable, toJson } from '../table.ts';
import { readVolumeId } from '../volume-word.ts';
import { ORPHAN_SETTINGS_HELP, readOrphanConfig } from './settings.ts';
import { withCluster } from './with-cluster.ts';

const HELP = `rose-csi orphans delete: delete a volume that no PersistentVolume knows and no node ever had

Usage: rose-csi orphans delete [--confirm] <id> [-o json] [settings]

Says what it would do; with --confirm it looks once more, and deletes. It refuses what the sweeper refuses, all but the
time between two looks: that is yours. A volume that a node had may hold data: make a PersistentVolume for it and look.
What nobody wants then is removed on the appliance, by hand.

  <id>           <appliance>/<slot> as \`orphans list\` shows it, or the slot
  --confirm      do it
  -o json        for machines; sizes in bytes

Exit code 1 where it is refused, or there is something to confirm.

${ORPHAN_SETTINGS_HELP}`;

/** @returns the exit code */
export const remove: Subcommand = async (args, { environment, out, stop }) => {
  const line = readCommandLine(args, { ...COMMON_OPTIONS, confirm: { type: 'boolean' } });
  if (line.flag('help')) {
    out(HELP);
    return 0;
  }
  const json = wantsJson(line);
  const settings = readOrphanConfig(environment, line);
  const id = readVolumeId(line, settings);
  return withCluster(settings, stop, async (desk) => {
    const context = desk.context();
    const judged = await judgeOrphan(id, desk, context);
    const goesOn = line.flag('confirm') && !('refused' in judged);
    const verdict = goesOn ? await deleteOrphan(id, desk, () => !stop.aborted, context) : judged;
    const deleted = goesOn && !('refused' in verdict);
    out(json ? toJson({ id, deleted, ...asJson(verdict) }) : asText(verdict, deleted));
    return deleted ? 0 : 1;
  });
};

const asJson = (verdict: OrphanVerdict): object =>
  'refused' in verdict ? verdict : { volume: verdict.orphan.volume };

function asText(verdict: OrphanVerdict, deleted: boolean): string {
  if ('refused' in verdict) return `refused: ${printable(verdict.refused)}\n`;
  const what = printable(describeOrphan(verdict.orphan.volume));
  return deleted ? `deleted ${what}\n` : `would delete ${what}\nnothing was done; do it with --confirm\n`;
}
