import { Import } from '../../backends/routeros/admin/import.ts';
import { type ImportEvidence, readImportEvidence } from '../../backends/routeros/admin/import-evidence.ts';
import {
  type ImportDecision,
  type ImportPlan,
  planImport,
} from '../../backends/routeros/admin/import-plan.ts';
import { randomRevision } from '../../backends/routeros/admin/random-revision.ts';
import { poolOfPath } from '../../backends/routeros/operations/owned-volume.ts';
import { ConfigError } from '../../config.ts';
import { formatBytes } from '../../core/bytes.ts';
import { parseHandle, type VolumeId } from '../../core/storage/volume-id.ts';
import { SETTINGS_HELP } from '../appliance-config.ts';
import type { CommandLine } from '../options.ts';
import { printable } from '../table.ts';
import { ACCESS_MODES, asYaml, type PersistentVolumeWish, staticManifests } from './persistent-volume.ts';
import { volumeCommand } from './volume-command.ts';

const HELP = `rose-csi volumes import: make a disk that is there already a volume of this cluster

Usage: rose-csi volumes import <slot> [flags] [settings]

Says what it would change and what is there now. Writes only with --confirm, and only if the disk item is still exactly
as it was seen. Then it prints the PersistentVolume for it, with Retain. The image stays where it is and as it is: it
is never formatted, and never deleted. \`rose-csi volumes release\` makes the disk what it was.

  --confirm <slot>         do it
  --stop-export            the disk is exported: stop that. Whoever is connected loses it
  --provisioning <thin|thick>
                           how its size counts against the pool (thin)
  --name <name>            of the PersistentVolume (the slot)
  --claim <namespace>/<name>
                           the claim that is to get it, and no other; its manifest is printed, too
  --access-mode <mode>     ${ACCESS_MODES.join(', ')} (ReadWriteOnce)
  --block                  a raw block volume
  --fs-type <type>         ext4, xfs or btrfs: the file system in it (ext4)
  --storage-class <name>   of volume and claim; without one Kubernetes never grows it
  -o json                  for machines; sizes in bytes

Exit code 1 where something stands against it, or there is something to confirm.

${SETTINGS_HELP}`;

const OPTIONS = {
  'stop-export': { type: 'boolean' },
  provisioning: { type: 'string' },
  name: { type: 'string' },
  claim: { type: 'string' },
  'access-mode': { type: 'string' },
  block: { type: 'boolean' },
  'fs-type': { type: 'string' },
  'storage-class': { type: 'string' },
} as const;

export const importVolume = volumeCommand({
  help: HELP,
  options: OPTIONS,
  read: (line, id) => ({
    provisioning: oneOf(line, 'provisioning', ['thin', 'thick'] as const) ?? 'thin',
    stopExport: line.flag('stop-export'),
    volume: readWish(line, slotOf(id)),
  }),
  async run({ deps, context, id, settings, wish, confirmed }) {
    const evidence = await readImportEvidence(deps, slotOf(id), context());
    const decision = planImport(evidence, wish, {
      layout: deps.layout,
      ports: deps.ports,
      revision: randomRevision(deps.random),
    });
    const written = decision.kind === 'plan' && confirmed;
    if (written) await new Import(deps).run(decision.plan, context());
    const manifests =
      decision.kind === 'refused'
        ? []
        : staticManifests(volumeOf(id, evidence, wish.provisioning), wish.volume, settings.DRIVER_NAME);
    return {
      json: { ...decision, written, manifests },
      text: asText(id, decision, written, manifests),
      settled: decision.kind === 'imported' || written,
    };
  },
});

const slotOf = (id: VolumeId): string => parseHandle(id)?.slot ?? '';

const volumeOf = (id: VolumeId, { disk, state }: ImportEvidence, provisioning: 'thin' | 'thick') => ({
  id,
  capacityBytes: disk.bytes,
  pool: poolOfPath(disk.path),
  provisioning: state.state === 'ok' ? state.record.provisioning : provisioning,
});

/** @throws ConfigError */
function readWish(line: CommandLine, slot: string): PersistentVolumeWish {
  const claim = line.text('claim');
  const [, namespace, claimName] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(claim ?? '') ?? [];
  if (claim !== undefined && (!namespace || !claimName)) {
    throw new ConfigError([`--claim is ${JSON.stringify(claim)}; allowed: <namespace>/<name>`]);
  }
  const name = line.text('name') ?? slot.toLowerCase().replaceAll('_', '-');
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) {
    throw new ConfigError([
      `${JSON.stringify(name)} is no name of an object of Kubernetes; say one with --name`,
    ]);
  }
  return {
    name,
    accessMode: oneOf(line, 'access-mode', ACCESS_MODES) ?? 'ReadWriteOnce',
    block: line.flag('block'),
    fsType: oneOf(line, 'fs-type', ['ext4', 'xfs', 'btrfs'] as const) ?? 'ext4',
    storageClass: line.text('storage-class') ?? '',
    ...(namespace && claimName && { claim: { namespace, name: claimName } }),
  };
}

/** @throws ConfigError */
function oneOf<T extends string>(line: CommandLine, name: string, allowed: readonly T[]): T | undefined {
  const text = line.text(name);
  const found = allowed.find((one) => one === text);
  if (text === undefined || found !== undefined) return found;
  throw new ConfigError([`--${name} is ${JSON.stringify(text)}; allowed: ${allowed.join(', ')}`]);
}

/** What is not YAML is a comment: all of it can be given to `kubectl apply`. */
function asText(
  id: VolumeId,
  decision: ImportDecision,
  written: boolean,
  manifests: readonly object[],
): string {
  const said = saidOf(id, decision, written).map((text) => `# ${printable(text)}\n`);
  return said.join('') + asYaml(manifests);
}

function saidOf(id: VolumeId, decision: ImportDecision, written: boolean): string[] {
  switch (decision.kind) {
    case 'imported':
      return [`volume ${id} is imported already; nothing to do`];
    case 'refused':
      return [`${id} is not imported:`, ...decision.reasons.map((text) => `  ${text}`)];
    case 'plan':
      return planText(id, decision.plan, written);
  }
}

function planText(
  id: VolumeId,
  { disk, before, comment, port, file }: ImportPlan,
  written: boolean,
): string[] {
  const [now, then] = written ? ['was', 'is'] : ['is', 'would be'];
  return [
    `volume ${id}: disk ${disk.slot}, ${formatBytes(disk.bytes)} at ${disk.path}`,
    `  comment           ${now} ${JSON.stringify(before.comment)}, ${then} ${comment}`,
    `  nvme-tcp-export   ${now} ${yes(before.exported)}, ${then} no, until a node gets it`,
    `  port              ${now} ${before.port || 'not shown'}, ${then} ${port}`,
    `  NQN               ${now} ${before.nqn || 'not shown'}, ${then} another for each time that it is published`,
    `  mount-filesystem  ${now} ${yes(before.mountFilesystem)}, ${then} no`,
    `  what it was stands in ${file.name}: rose-csi volumes release ${disk.slot}`,
    ...(written ? [] : [`nothing was changed; do it with --confirm ${disk.slot}`]),
  ];
}

const yes = (on: boolean): string => (on ? 'yes' : 'no');
