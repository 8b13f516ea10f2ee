import { Recovery } from '../../backends/routeros/admin/recovery.ts';
import type { Recoverable, RecoveryPlan } from '../../backends/routeros/admin/recovery-plan.ts';
import { ConfigError } from '../../config.ts';
import { formatBytes } from '../../core/bytes.ts';
import { COMMON_OPTIONS, readApplianceConfig, SETTINGS_HELP, wantsJson } from '../appliance-config.ts';
import { readCommandLine } from '../options.ts';
import type { Subcommand } from '../subcommand.ts';
import { table, toJson } from '../table.ts';
import { toVolumeId } from '../volume-word.ts';
import { type ApplianceDesk, withAppliance } from './with-appliance.ts';

const HELP = `rose-csi volumes recover: make disk items again from the records beside the images

Usage: rose-csi volumes recover [<id> …] [--confirm] [--adopt] [-o json] [settings]

For an appliance whose configuration was reset while its pools were kept. Says what it would do; with --confirm it
does it, one volume after the other, and ends at the first that fails. Volumes are recovered unpublished; a file that
is marked as deleted, or is not the driver's, is not touched. With ids: those alone.

  --confirm      do it
  --adopt        do it although RDS_EXISTING_IMAGES is not "adopted"
  -o json        for machines; sizes in bytes

Whether RouterOS takes an existing image as the disk that it was is not known until
\`rose-csi doctor --write-tests\` has tried it on your appliance: it may refuse it, or EMPTY it.

Exit code 1 where something is left to do.

${SETTINGS_HELP}`;

const OPTIONS = { ...COMMON_OPTIONS, confirm: { type: 'boolean' }, adopt: { type: 'boolean' } } as const;

const NOT_KNOWN =
  'RDS_EXISTING_IMAGES is not "adopted": it is not known whether this appliance takes an existing image as it is, ' +
  'refuses it, or EMPTIES it. Find out with `rose-csi doctor --write-tests`, or say --adopt and begin with an ' +
  'image that you can lose';

/** @returns the exit code */
export const recover: Subcommand = async (args, { environment, out, err, stop }) => {
  const line = readCommandLine(args, OPTIONS);
  if (line.flag('help')) {
    out(HELP);
    return 0;
  }
  const json = wantsJson(line);
  const settings = readApplianceConfig(environment, line);
  const ids = new Set(line.words.map((word) => toVolumeId(word, settings)));
  const known = settings.RDS_EXISTING_IMAGES === 'adopted';
  const confirmed = line.flag('confirm');
  if (confirmed && !known && !line.flag('adopt')) throw new ConfigError([NOT_KNOWN]);
  const say = json ? () => undefined : out;
  return withAppliance(settings, stop, async (desk) => {
    const plan = await new Recovery(desk.deps).plan(desk.context());
    const wanted = plan.recoverable.filter(({ id }) => ids.size === 0 || ids.has(id));
    const missing = [...ids].filter((id) => !wanted.some((one) => one.id === id));
    say(asText(plan, wanted, confirmed));
    for (const id of missing) err(`rose-csi: ${id} is not among what can be recovered\n`);
    if (!known) err(`rose-csi: ${NOT_KNOWN}\n`);
    const outcome = confirmed ? await add(wanted, desk, say) : { done: [] };
    if (json) out(toJson({ recoverable: wanted, left: plan.left, used: plan.used, ...outcome }));
    return missing.length === 0 && outcome.done.length === wanted.length ? 0 : 1;
  });
};

/** Ends at the first failure: what RouterOS does with one image it may do with the next. */
async function add(
  wanted: readonly Recoverable[],
  { deps, context }: ApplianceDesk,
  out: (text: string) => void,
): Promise<{ done: string[]; failed?: string }> {
  const recovery = new Recovery(deps);
  const done: string[] = [];
  for (const one of wanted) {
    try {
      await recovery.add(one, context());
    } catch (error) {
      const failed = `${one.id}: ${error instanceof Error ? error.message : String(error)}`;
      out(`FAILED ${failed}\n`);
      return { done, failed };
    }
    out(`added ${one.id}\n`);
    done.push(one.id);
  }
  return { done };
}

const HEAD = ['ID', 'NAME', 'SIZE', 'POOL', 'PORT', 'PROVISIONING'];

function asText({ left, used }: RecoveryPlan, wanted: readonly Recoverable[], confirmed: boolean): string {
  const rows = wanted.map(({ id, record, bytes, place }) => [
    id,
    record.name,
    formatBytes(bytes),
    place.pool,
    String(record.port),
    record.provisioning,
  ]);
  return [
    rows.length > 0 ? table(HEAD, rows) : 'nothing to recover\n',
    `${used} images are used by a disk item, as they should be\n`,
    ...left.map(({ path, why }) => `left alone: ${path}: ${why}\n`),
    ...(rows.length > 0
      ? [
          'compression and modified connection parameters are not in the records: recovered volumes are without\n',
        ]
      : []),
    ...(rows.length > 0 && !confirmed ? ['nothing was done; do it with --confirm\n'] : []),
  ].join('');
}
