import { describeOrphan } from '../../core/reconcile/decide-orphans.ts';
import { describeRemains } from '../../core/reconcile/decide-remains.ts';
import { deleteOrphan, judgeOrphan, type OrphanVerdict } from '../../core/reconcile/delete-orphan.ts';
import { judgeRemains, type RemainsVerdict, removeRemains } from '../../core/reconcile/remove-remains.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import { COMMON_OPTIONS, wantsJson } from '../appliance-config.ts';
import { readCommandLine } from '../options.ts';
import type { Subcommand } from '../subcommand.ts';
import { printable, toJson } from '../table.ts';
import { readVolumeId } from '../volume-word.ts';
import { ORPHAN_SETTINGS_HELP, readOrphanConfig } from './settings.ts';
import { type OrphanDesk, withCluster } from './with-cluster.ts';

const HELP = `rose-csi orphans delete: delete a volume that no PersistentVolume knows and no node ever had

Usage: rose-csi orphans delete [--confirm] <id> [-o json] [settings]

Says what it would do; with --confirm it looks once more, and deletes. It refuses what the sweeper refuses, all but the
time between two looks: that is yours. A volume that a node had may hold data: make a PersistentVolume for it and look.
What nobody wants then is removed on the appliance, by hand. Of remains it ends only deletions that were begun.

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
    const work = await workFor(id, desk, () => !stop.aborted);
    const judged = await work.judge();
    const goesOn = line.flag('confirm') && !('refused' in judged);
    const verdict = goesOn ? await work.act() : judged;
    const deleted = goesOn && !('refused' in verdict);
    out(json ? toJson({ id, deleted, ...asJson(verdict) }) : asText(verdict, deleted));
    return deleted ? 0 : 1;
  });
};

type Verdict = OrphanVerdict | RemainsVerdict;

/** A volume, or what is left of one. */
async function workFor(id: VolumeId, desk: OrphanDesk, may: () => boolean) {
  const context = desk.context();
  if (await desk.backend.getVolume(id, context)) {
    return {
      judge: (): Promise<Verdict> => judgeOrphan(id, desk, context),
      act: (): Promise<Verdict> => deleteOrphan(id, desk, may, context),
    };
  }
  // How long ago it was marked is for a person to judge.
  const parts = { ...desk, graceMs: 0 };
  return {
    judge: (): Promise<Verdict> => judgeRemains(id, parts, context),
    act: (): Promise<Verdict> => removeRemains(id, parts, may, context),
  };
}

function asJson(verdict: Verdict): object {
  if ('orphan' in verdict) return { volume: verdict.orphan.volume };
  return 'remains' in verdict ? { remains: verdict.remains.map(({ remains }) => remains) } : verdict;
}

function asText(verdict: Verdict, deleted: boolean): string {
  if ('refused' in verdict) return `refused: ${printable(verdict.refused)}\n`;
  const what = printable(
    'orphan' in verdict
      ? describeOrphan(verdict.orphan.volume)
      : verdict.remains.map(({ remains }) => describeRemains(remains)).join(' and '),
  );
  return deleted ? `deleted ${what}\n` : `would delete ${what}\nnothing was done; do it with --confirm\n`;
}
