import { type Encryption, encryptionOf } from '../../../core/storage/encryption.ts';
import type { NqnNaming } from '../../../core/storage/nqn.ts';
import type { ContentSource, Provisioning } from '../../../core/storage/volume.ts';
import { slotFor, snapshotId, volumeId } from '../../../core/storage/volume-id.ts';
import type { DiskRow } from '../operations/disk-row.ts';
import type { FileRecord, Imported } from '../records/file-record.ts';
import { recallName } from '../records/stored-name.ts';
import type { VolumeRecord } from '../records/volume-record.ts';
import type { Told } from './repair-options.ts';

export interface RepairSurroundings {
  readonly appliance: string;
  readonly clusterId: string;
  readonly naming: NqnNaming;
  /** A revision that no earlier record has had, as far as chance allows. */
  readonly revision: number;
}

/** Where facts about a volume can be taken from. */
export interface Sources {
  /** The record beside its image, if that is its own. */
  readonly file: FileRecord | undefined;
  /** The record in its comment, or the part of the comment that is still one. */
  readonly left: VolumeRecord | undefined;
  readonly told: Told;
  readonly around: RepairSurroundings;
}

/** What a volume is, apart from who uses it. */
export interface Facts extends Encryption {
  readonly name: string;
  readonly provisioning: Provisioning;
  readonly port: number;
  readonly mayFormat: boolean;
  readonly source?: ContentSource;
  /** What it was before it was imported; `unknown`: nothing tells any more. */
  readonly imported?: Imported | 'unknown';
}

export interface Identity {
  /** undefined: there are questions. */
  readonly facts?: Facts;
  readonly questions: readonly string[];
  readonly evidence: readonly string[];
}

export function identify(disk: DiskRow, sources: Sources): Identity {
  const { file, left, told } = sources;
  const name = nameBehind(disk.slot, sources);
  const provisioning = left?.provisioning ?? file?.provisioning ?? told.provisioning;
  const port = left?.port ?? file?.port ?? shownPort(disk) ?? told.port;
  const encryption = encryptionIn(sources);
  if (name === undefined || provisioning === undefined || port === undefined || !encryption) {
    const questions = [
      name === undefined && askName(told),
      provisioning === undefined && ASKS_PROVISIONING,
      port === undefined && ASKS_PORT,
      !encryption && ASKS_ENCRYPTION,
    ].filter((question) => question !== false);
    return { questions, evidence: [] };
  }
  const origin = originIn(sources);
  const rest = { ...encryption, ...origin };
  const facts = { name, provisioning, port, mayFormat: mayFormat(sources), ...rest };
  const evidence = [
    origin.imported
      ? `name ${JSON.stringify(name)}: it was imported`
      : `name ${JSON.stringify(name)}: its slot is the hash of it`,
    `${provisioning}, port ${port}: from ${originOf(sources)}`,
  ];
  return { facts, questions: [], evidence };
}

/** An item that is not exported shows no port, or RouterOS's default. */
const shownPort = ({ exported, port }: DiskRow): number | undefined => (exported ? port : undefined);

/** Where nothing says that it may be formatted, it holds data. */
const mayFormat = ({ left, file }: Sources): boolean => left?.mayFormat ?? file?.mayFormat ?? false;

const ASKS_PORT =
  'nothing says on which port it is exported: say it with --port (the one that its nodes know, or a free one of ' +
  'RDS_NVME_PORTS)';

const ASKS_PROVISIONING =
  'nothing says how it was provisioned: say it with --provisioning thin, or thick (thin is the default of a StorageClass)';

const ASKS_ENCRYPTION =
  'nothing says whether it is encrypted: say --encrypted yes where its StorageClass has encrypted: "true", else no';

/** undefined: nothing tells. */
function encryptionIn({ left, file, told }: Sources): Encryption | undefined {
  const record = left ?? file;
  if (record) return encryptionOf(record);
  return told.encrypted === undefined ? undefined : told.encrypted ? { encrypted: true } : {};
}

const askName = ({ name }: Told): string =>
  name === undefined
    ? 'no record has its whole name: say it with --name (the CSI name, such as pvc-…)'
    : `--name ${JSON.stringify(name)} is not the name behind this slot`;

const isImported = ({ file, left }: Sources): boolean =>
  file?.imported !== undefined || left?.imported !== undefined;

/** The slot is a hash of the name: a name that fits is proven. An imported one was there before its name. */
function nameBehind(slot: string, sources: Sources): string | undefined {
  const { file, left, told, around } = sources;
  const names = [file?.name, told.name, left && recallName(left.name)];
  return names.find(
    (name) => name !== undefined && (isImported(sources) || slotFor(around.clusterId, name) === slot),
  );
}

function originOf({ file, left }: Sources): string {
  if (left) return 'its comment, as far as that is whole';
  return file ? 'the record beside its image' : 'the command line';
}

function originIn(sources: Sources): Pick<Facts, 'source' | 'imported'> {
  const source = sourceOf(sources);
  const imported = isImported(sources) && (sources.file?.imported ?? ('unknown' as const));
  return { ...(source && { source }), ...(imported && { imported }) };
}

function sourceOf({ file, left, around: { appliance } }: Sources): ContentSource | undefined {
  if (file?.source || !left?.source) return file?.source;
  const { kind, slot } = left.source;
  return kind === 'snapshot'
    ? { kind, id: snapshotId(appliance, slot) }
    : { kind, id: volumeId(appliance, slot) };
}

/** As a comment has it. */
export const sourceIn = ({ source }: Pick<Facts, 'source'>): Pick<VolumeRecord, 'source'> =>
  source ? { source: { kind: source.kind, slot: source.id.slice(source.id.indexOf('/') + 1) } } : {};
