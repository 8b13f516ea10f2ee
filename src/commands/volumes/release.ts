import { readImportEvidence } from '../../backends/routeros/admin/import-evidence.ts';
import { planRelease, Release, type ReleasePlan } from '../../backends/routeros/admin/release.ts';
import { parseHandle } from '../../core/storage/volume-id.ts';
import { COMMON_OPTIONS, readApplianceConfig, SETTINGS_HELP, wantsJson } from '../appliance-config.ts';
import { readCommandLine } from '../options.ts';
import type { Subcommand } from '../subcommand.ts';
import { printable, toJson } from '../table.ts';
import { readVolumeId } from '../volume-word.ts';
import { isConfirmed } from './import.ts';
import { withAppliance } from './with-appliance.ts';

const HELP = `rose-csi volumes release: make an imported disk what it was before

Usage: rose-csi volumes release <id> [--confirm <id>] [-o json] [settings]

Takes the driver's record off and sets comment, NQN, port and export as they were when the disk was imported. The data
stay as they are now, and so does its size. Refused while a node has it. Delete its PersistentVolume first: with the
record the cluster loses the volume.

  --confirm <id>   do it
  -o json          for machines

Exit code 1 where there is something to confirm.

${SETTINGS_HELP}`;

/** @returns the exit code */
export const release: Subcommand = async (args, { environment, out, stop }) => {
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
    const evidence = await readImportEvidence(deps, parseHandle(id)?.slot ?? '', context());
    const plan = planRelease(evidence, deps);
    if (writes) await new Release(deps).run(plan, context());
    out(json ? toJson({ id, ...plan, written: writes }) : asText(plan, writes));
    return writes ? 0 : 1;
  });
};

function asText({ disk, before, file }: ReleasePlan, written: boolean): string {
  const does = written ? 'is again' : 'would be again';
  return [
    `disk ${disk.slot}, ${disk.path}`,
    `  comment           ${does} ${JSON.stringify(before.comment)}`,
    `  nvme-tcp-export   ${does} ${before.exported ? 'yes' : 'no'}`,
    `  port              ${does} ${before.port || 'the default'}`,
    `  NQN               ${does} ${before.nqn || 'the default'}`,
    `  mount-filesystem  ${does} ${before.mountFilesystem ? 'yes' : 'no'}`,
    `  ${file} ${written ? 'is' : 'would be'} removed`,
    ...(written ? [] : [`nothing was changed; do it with --confirm ${disk.slot}`]),
    '',
  ]
    .map(printable)
    .join('\n');
}
