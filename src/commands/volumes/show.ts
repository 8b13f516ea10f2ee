import { type Evidence, EvidenceReader } from '../../backends/routeros/admin/evidence.ts';
import { findings } from '../../backends/routeros/admin/findings.ts';
import { writePublication } from '../../backends/routeros/admin/repair-options.ts';
import { recallName } from '../../backends/routeros/records/stored-name.ts';
import { formatBytes } from '../../core/bytes.ts';
import type { Connection } from '../../core/storage/connection-options.ts';
import { COMMON_OPTIONS, readApplianceConfig, SETTINGS_HELP, wantsJson } from '../appliance-config.ts';
import { readCommandLine } from '../options.ts';
import type { Subcommand } from '../subcommand.ts';
import { printable, toJson } from '../table.ts';
import { readVolumeId } from '../volume-word.ts';
import { withAppliance } from './with-appliance.ts';

const HELP = `rose-csi volumes show: everything that an appliance tells of one volume

Usage: rose-csi volumes show <id> [-o json] [settings]

  <id>           <appliance>/<slot> as a PersistentVolume has it, or the slot
  -o json        for machines; sizes in bytes

Exit code 1 where something does not fit together.

${SETTINGS_HELP}`;

/** @returns the exit code */
export const show: Subcommand = async (args, { environment, out, stop }) => {
  const line = readCommandLine(args, COMMON_OPTIONS);
  if (line.flag('help')) {
    out(HELP);
    return 0;
  }
  const json = wantsJson(line);
  const settings = readApplianceConfig(environment, line);
  const id = readVolumeId(line, settings);
  return withAppliance(settings, stop, async ({ deps, context }) => {
    const evidence = await new EvidenceReader(deps).read(id, context());
    const faults = findings(evidence, deps.naming, deps.layout.clusterId);
    out(json ? toJson({ ...evidence, findings: faults }) : asText(evidence, faults));
    return faults.length === 0 ? 0 : 1;
  });
};

function asText(evidence: Evidence, faults: readonly string[]): string {
  const rows = [
    ['volume', evidence.id],
    ...ofDisk(evidence),
    ...ofComment(evidence),
    ...ofPlaces(evidence),
    ...evidence.snapshots.map(({ name, createdAt }) => [
      'snapshot',
      `${name.slot}, ${formatBytes(name.bytes)}, ${new Date(createdAt).toISOString()}`,
    ]),
    ...faults.map((fault) => ['does not fit', fault]),
    ...(faults.length === 0 ? [['all fits', 'yes']] : []),
  ];
  return rows.map(([key = '', value = '']) => `${key.padEnd(17)}${printable(value)}\n`).join('');
}

function ofDisk({ disk }: Evidence): string[][] {
  if (!disk) return [['disk item', 'none']];
  return [
    ['size', `${formatBytes(disk.bytes)} (${disk.bytes} bytes)`],
    ['image', disk.path],
    ['compression', disk.compression ? 'yes' : 'no'],
    ['exported', disk.exported ? 'yes' : 'no'],
    ['port', disk.port === 0 ? 'not shown' : String(disk.port)],
    ['nqn', disk.nqn || 'not shown'],
    ['comment', JSON.stringify(disk.comment)],
  ];
}

function ofComment({ comment }: Evidence): string[][] {
  if (comment?.state !== 'ok') return comment ? [['record', comment.state]] : [];
  const { record } = comment;
  const { name, provisioning, mayFormat, everPublished, encrypted, revision, epoch, source, publications } =
    record;
  return [
    ['record', 'ok'],
    ['name', recallName(name)],
    ['provisioning', provisioning],
    ['used by', publications.map(writePublication).join(', ') || 'nobody'],
    ['epoch', epoch ?? 'none'],
    ['revision', String(revision)],
    ['may be formatted', mayFormat ? 'yes' : 'no'],
    ['was published', everPublished ? 'yes' : 'no'],
    ['encrypted', encrypted ? 'yes' : 'no'],
    ['connection', connectionText(record) || 'as its class says'],
    ['made from', source ? `${source.kind} ${source.slot}` : 'nothing'],
  ];
}

const connectionText = ({ connection }: Connection): string =>
  Object.entries(connection ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

function ofPlaces({ own, elsewhere }: Evidence): string[][] {
  return [...(own ? [own] : []), ...elsewhere].flatMap(({ place, image, recordFile }) => [
    ['image file', image ? `${place.image}, ${image.bytes ?? 'unknown'} bytes` : `${place.image}: absent`],
    [
      'record file',
      `${place.record}: ${recordFile.state === 'record' ? recordFile.contents : recordFile.state}`,
    ],
  ]);
}
