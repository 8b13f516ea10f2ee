import { EvidenceReader } from '../../backends/routeros/admin/evidence.ts';
import { randomRevision } from '../../backends/routeros/admin/random-revision.ts';
import { Repair } from '../../backends/routeros/admin/repair.ts';
import { ACCESS_NAMES, readPublication, type Told } from '../../backends/routeros/admin/repair-options.ts';
import {
  planRepair,
  type RepairDecision,
  type RepairPlan,
} from '../../backends/routeros/admin/repair-plan.ts';
import { ConfigError } from '../../config.ts';
import { type Epoch, isEpoch, type VolumeId } from '../../core/storage/volume-id.ts';
import { SETTINGS_HELP } from '../appliance-config.ts';
import type { CommandLine } from '../options.ts';
import { printable } from '../table.ts';
import { volumeCommand } from './volume-command.ts';

const HELP = `rose-csi volumes repair: write a volume's record anew that somebody edited or that is missing

Usage: rose-csi volumes repair <id> [flags] [settings]

Says what it would write, and from which evidence. Writes only with --confirm, and only if the disk item is still
exactly as it was seen.

  --confirm <id>               do it
  --unpublished                no node uses it (not believed while it is exported)
  --published <node>:<access>  that node uses it; once for each node. Access: ${ACCESS_NAMES}
  --epoch <16 hex digits>      the epoch of its export: the last part of its NQN
  --name <CSI name>            its whole name, where no record has it; checked against its slot
  --provisioning <thin|thick>  where no record has it
  --encrypted <yes|no>         where no record has it
  --port <port>                its NVMe/TCP port, where neither a record nor the appliance tells
  -o json                      for machines

Exit code 1 where something must be said first, or there is something to confirm.

${SETTINGS_HELP}`;

const OPTIONS = {
  unpublished: { type: 'boolean' },
  published: { type: 'string', multiple: true },
  epoch: { type: 'string' },
  name: { type: 'string' },
  provisioning: { type: 'string' },
  encrypted: { type: 'string' },
  port: { type: 'string' },
} as const;

export const repair = volumeCommand({
  help: HELP,
  options: OPTIONS,
  read: readTold,
  async run({ deps, context, id, settings, wish: told, confirmed }) {
    const evidence = await new EvidenceReader(deps).read(id, context());
    const decision = planRepair(evidence, told, {
      appliance: settings.RDS_NAME,
      clusterId: deps.layout.clusterId,
      naming: deps.naming,
      revision: randomRevision(deps.random),
    });
    const written = decision.kind === 'plan' && confirmed;
    if (written) await new Repair(deps).run(decision.plan, context());
    return {
      json: { ...decision, written },
      text: asText(id, decision, written),
      settled: decision.kind === 'sound' || written,
    };
  },
});

/** @throws ConfigError with every fault */
function readTold(line: CommandLine): Told {
  const faults: string[] = [];
  const checked = <T>(name: string, text: string, value: T | undefined, allowed: string): T | undefined => {
    if (value === undefined) faults.push(`--${name} is ${JSON.stringify(text)}; allowed: ${allowed}`);
    return value;
  };
  const optional = <T>(
    name: string,
    read: (text: string) => T | undefined,
    allowed: string,
  ): T | undefined => {
    const text = line.text(name);
    return text === undefined ? undefined : checked(name, text, read(text), allowed);
  };
  const published = line
    .texts('published')
    .map((text) =>
      checked('published', text, readPublication(text), `<node id>:<access>, of ${ACCESS_NAMES}`),
    )
    .filter((publication) => publication !== undefined);
  if (published.length > 0 && line.flag('unpublished'))
    faults.push('--published and --unpublished exclude each other');
  const epoch = optional(
    'epoch',
    (text): Epoch | undefined => (isEpoch(text) ? text : undefined),
    '16 hex digits',
  );
  const provisioning = optional('provisioning', readProvisioning, 'thin, thick');
  const encrypted = optional('encrypted', readYesNo, 'yes, no');
  const port = optional('port', readPort, '1024 to 65535');
  const name = line.text('name');
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    ...((published.length > 0 || line.flag('unpublished')) && { publications: published }),
    ...(epoch && { epoch }),
    ...(name && { name }),
    ...(provisioning && { provisioning }),
    ...(encrypted !== undefined && { encrypted }),
    ...(port && { port }),
  };
}

const readProvisioning = (text: string) => (text === 'thin' || text === 'thick' ? text : undefined);

const readYesNo = (text: string) => (text === 'yes' ? true : text === 'no' ? false : undefined);

function readPort(text: string): number | undefined {
  const port = /^\d{4,5}$/.test(text) ? Number(text) : 0;
  return port >= 1024 && port <= 65_535 ? port : undefined;
}

function asText(id: VolumeId, decision: RepairDecision, written: boolean): string {
  switch (decision.kind) {
    case 'sound':
      return `volume ${id}: nothing to repair\n`;
    case 'asks':
      return [
        `volume ${id} needs to be repaired; to say first:`,
        ...decision.questions.map((text) => `  ${text}`),
        '',
      ].join('\n');
    case 'plan':
      return planText(id, decision.plan, written);
  }
}

function planText(id: VolumeId, { disk, comment, file, evidence }: RepairPlan, written: boolean): string {
  const does = written ? 'written' : 'would be written';
  return [
    `volume ${id}, disk ${disk.slot}, ${disk.path}`,
    ...evidence.map((text) => `  ${text}`),
    ...(comment === undefined
      ? []
      : [`comment, ${does}:`, `  ${comment}`, 'in place of:', `  ${printable(disk.comment)}`]),
    ...(file ? [`record file ${file.name}, ${does}:`, `  ${file.contents}`] : []),
    ...(written ? [] : [`nothing was written; do it with --confirm ${id}`]),
    '',
  ].join('\n');
}
