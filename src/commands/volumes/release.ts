import { readImportEvidence } from '../../backends/routeros/admin/import-evidence.ts';
import { planRelease, Release, type ReleasePlan } from '../../backends/routeros/admin/release.ts';
import { parseHandle } from '../../core/storage/volume-id.ts';
import { SETTINGS_HELP } from '../appliance-config.ts';
import { printable } from '../table.ts';
import { volumeCommand } from './volume-command.ts';

const HELP = `rose-csi volumes release: make an imported disk what it was before

Usage: rose-csi volumes release <id> [--confirm <id>] [-o json] [settings]

Takes the driver's record off and sets comment, NQN, port and export as they were when the disk was imported. The data
stay as they are now, and so does its size. Refused while a node has it. Delete its PersistentVolume first: with the
record the cluster loses the volume.

  --confirm <id>   do it
  -o json          for machines

Exit code 1 where there is something to confirm.

${SETTINGS_HELP}`;

export const release = volumeCommand({
  help: HELP,
  read: () => undefined,
  async run({ deps, context, id, confirmed: written }) {
    const evidence = await readImportEvidence(deps, parseHandle(id)?.slot ?? '', context());
    const plan = planRelease(evidence, deps);
    if (written) await new Release(deps).run(plan, context());
    return { json: { ...plan, written }, text: asText(plan, written), settled: written };
  },
});

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
