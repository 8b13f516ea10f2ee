/**
 * `bun scripts/docs.ts [--check]`: writes `docs/configuration.md`, `docs/capabilities.md`, `docs/metrics.md` and the schema
 * of the chart's values from the tables that the code reads; with --check it writes nothing and fails where one of them is
 * not current.
 */
import { type HelpRow, parameterRows, settingRows } from '../src/commands/help.ts';
import { flagOf } from '../src/config.ts';
import {
  CONTROLLER_CAPABILITIES,
  EXPANSION_CAPABILITIES,
  GROUP_CONTROLLER_CAPABILITIES,
  NODE_CAPABILITIES,
  PLUGIN_CAPABILITIES,
} from '../src/core/csi/capabilities.ts';
import {
  ControllerServiceCapability_RPC_Type,
  GroupControllerServiceCapability_RPC_Type,
  NodeServiceCapability_RPC_Type,
  PluginCapability_Service_Type,
  PluginCapability_VolumeExpansion_Type,
} from '../src/core/csi/generated/csi.ts';
import type { ParameterTable } from '../src/core/services/controller/parameter-table.ts';
import {
  SNAPSHOT_CLASS_PARAMETERS,
  STORAGE_CLASS_PARAMETERS,
  VOLUME_ATTRIBUTES_CLASS_PARAMETERS,
} from '../src/core/services/controller/parameters.ts';
import { GROUP_SNAPSHOT_CLASS_PARAMETERS } from '../src/core/services/group-controller/consistency.ts';
import { valuesSchema } from './chart/values-schema.ts';
import { COMPARISON } from './comparison.ts';
import { metricRows } from './metrics-table.ts';

const GENERATED = '<!-- Made by `make generate`; edit the tables in the source instead. -->';

const escaped = (text: string): string => text.replaceAll('|', '\\|');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

function configuration(): string {
  const settings = settingRows().map(({ name, help, allowed, fallback }: HelpRow) => [
    `\`${name}\`<br>\`${flagOf(name)}\``,
    help,
    allowed,
    code(fallback),
  ]);
  const parameters = (of: ParameterTable) =>
    table(
      ['Parameter', 'Meaning', 'Allowed', 'Default'],
      parameterRows(of).map(({ name, help, allowed, fallback }) => [code(name), help, allowed, fallback]),
    );
  return `${GENERATED}
# Configuration

Every setting is an environment variable and a flag of \`rose-csi serve\`; the flag wins. All faults are reported
at once, before anything is served.

${table(['Setting', 'Meaning', 'Allowed', 'Default'], settings)}

## StorageClass parameters

An unknown parameter of any class, or a value that is not allowed, is refused with INVALID_ARGUMENT: the event on the
claim or snapshot names it and what is allowed. Keys that start with \`csi.storage.k8s.io/\` belong to the
sidecars. The file system comes from \`csi.storage.k8s.io/fstype\`: ext4 (the default), xfs or btrfs.

${parameters(STORAGE_CLASS_PARAMETERS)}

## ${VOLUME_ATTRIBUTES_CLASS_PARAMETERS.owner} parameters

Set when a volume is made, where they win over the StorageClass, and changed on a volume that exists: see
[volume attributes](guides/volume-attributes.md).

${parameters(VOLUME_ATTRIBUTES_CLASS_PARAMETERS)}

## ${SNAPSHOT_CLASS_PARAMETERS.owner} parameters

There are none: there is nothing to decide about a snapshot.

## ${GROUP_SNAPSHOT_CLASS_PARAMETERS.owner} parameters

${parameters(GROUP_SNAPSHOT_CLASS_PARAMETERS)}
`;
}

function capabilities(): string {
  const rows = <T extends number>(
    list: readonly { type: T; meaning: string }[],
    names: Record<number, string>,
  ) => list.map(({ type, meaning }) => [code(names[type] ?? ''), meaning]);
  const section = (title: string, body: readonly string[][]) =>
    `## ${title}\n\n${table(['Capability', 'What it gives'], body)}\n`;
  return `${GENERATED}
# Capabilities

What the driver advertises over CSI v1.13.0. The services answer from the same table as this document.

${section('Plugin', [
  ...rows(PLUGIN_CAPABILITIES, PluginCapability_Service_Type),
  ...rows(EXPANSION_CAPABILITIES, PluginCapability_VolumeExpansion_Type).map(([name = '', meaning = '']) => [
    `volume expansion ${name}`,
    meaning,
  ]),
])}
${section('Controller', rows(CONTROLLER_CAPABILITIES, ControllerServiceCapability_RPC_Type))}
Snapshots, clones and group snapshots on RouterOS are **experimental until the doctor's write test has confirmed
restore** on the appliance at hand: what RouterOS does with an image that stands at a new disk's path already is not
documented. Where it has, \`RDS_EXISTING_IMAGES=adopted\` turns them on, in btrfs
pools. Elsewhere they are refused, with an error that names the pool. Modification is by
[VolumeAttributesClass](guides/volume-attributes.md): compression at once, how nodes connect when they stage next.

${section('Group controller', rows(GROUP_CONTROLLER_CAPABILITIES, GroupControllerServiceCapability_RPC_Type))}
${section('Node', rows(NODE_CAPABILITIES, NodeServiceCapability_RPC_Type))}
## Access modes

| Kubernetes | CSI | File system | Raw block |
| --- | --- | --- | --- |
| ReadWriteOnce | SINGLE_NODE_WRITER, SINGLE_NODE_MULTI_WRITER | yes | yes |
| ReadWriteOncePod | SINGLE_NODE_SINGLE_WRITER | yes | yes |
| ReadOnlyMany | MULTI_NODE_READER_ONLY | yes | yes |
| ReadWriteMany | MULTI_NODE_MULTI_WRITER | no: two nodes that mount one file system destroy it | yes, at most two nodes (live migration) |

## Beside other CSI drivers for block storage

Controller capabilities as the drivers' own sources advertise them, at the commits named.

${table(COMPARISON.head, COMPARISON.rows)}
`;
}

function metrics(): string {
  const rows = metricRows().map(({ name, type, labels, help, where }) => [
    code(name),
    type,
    labels,
    help,
    where,
  ]);
  return `${GENERATED}
# Metrics

Served on \`/metrics\` of HTTP_ADDRESS, in the Prometheus text format. Durations are in seconds, sizes in bytes.

${table(['Metric', 'Type', 'Labels', 'Meaning', 'Of'], rows)}
`;
}

const DOCUMENTS = {
  'docs/metrics.md': metrics,
  'docs/configuration.md': configuration,
  'docs/capabilities.md': capabilities,
  'deploy/helm/rose-csi/values.schema.json': () => `${JSON.stringify(valuesSchema(), undefined, 2)}\n`,
};

async function main(): Promise<number> {
  const check = process.argv.includes('--check');
  const stale: string[] = [];
  for (const [path, make] of Object.entries(DOCUMENTS)) {
    const file = Bun.file(path);
    const text = make();
    if ((await file.exists()) && (await file.text()) === text) continue;
    if (check) stale.push(path);
    else await Bun.write(path, text);
  }
  for (const path of stale) process.stderr.write(`${path} is not current: run make generate\n`);
  return stale.length === 0 ? 0 : 1;
}

process.exit(await main());
