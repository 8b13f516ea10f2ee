import { BackendError } from '../../../core/storage/backend-error.ts';
import type { NqnNaming } from '../../../core/storage/nqn.ts';
import type { ContentSource, Provisioning } from '../../../core/storage/volume.ts';
import { slotFor, snapshotId, volumeId } from '../../../core/storage/volume-id.ts';
import type { DiskRow } from '../operations/disk-row.ts';
import { type FileRecord, writeFileRecord } from '../records/file-record.ts';
import { recallName, storeName } from '../records/stored-name.ts';
import {
  clusterTag,
  nextRevision,
  readRecord,
  type VolumeRecord,
  writeRecord,
} from '../records/volume-record.ts';
import { type Evidence, requireDisk } from './evidence.ts';
import type { Told } from './repair-options.ts';
import { decideUse, type Use } from './repair-use.ts';

export interface RepairSurroundings {
  readonly appliance: string;
  readonly clusterId: string;
  readonly naming: NqnNaming;
  /** A revision that no earlier record has had, as far as chance allows. */
  readonly revision: number;
}

/** What a repair writes, and why it may. */
export interface RepairPlan {
  /** The disk item as it was seen: the repair's condition. */
  readonly disk: DiskRow;
  readonly comment?: string;
  readonly file?: { readonly name: string; readonly contents: string; readonly seen: string | undefined };
  /** From what each part was taken, in words. */
  readonly evidence: readonly string[];
}

export type RepairDecision =
  | { readonly kind: 'sound' }
  /** What a person must say first, in words. */
  | { readonly kind: 'asks'; readonly questions: readonly string[] }
  | { readonly kind: 'plan'; readonly plan: RepairPlan };

/**
 * What would make a volume's record whole again. Nothing is invented: each part comes from the record beside the
 * image, from what is left of the comment, from the disk item, or from the person who asks.
 * @throws BackendError `not-found` no disk item · `precondition` not to be repaired
 */
export function planRepair(evidence: Evidence, told: Told, around: RepairSurroundings): RepairDecision {
  const disk = requireDisk(evidence);
  requireRepairable(evidence);
  const file = fittingFile(evidence, around.clusterId);
  const sound = evidence.comment?.state === 'ok' ? evidence.comment.record : undefined;
  const left = sound ?? intactPart(disk.comment, around.clusterId);
  const identity = identify(evidence.slot, { file, left, sound: sound !== undefined, told, around });
  const use: Use = sound
    ? { record: sound, evidence: [] }
    : decideUse(evidence.id, disk, left, told, around.naming);
  const { facts } = identity;
  const questions = [...identity.questions, ...('questions' in use ? use.questions : [])];
  if (!facts || 'questions' in use) return { kind: 'asks', questions };
  const record: VolumeRecord = sound ?? {
    cluster: clusterTag(around.clusterId),
    revision: nextRevision(left ?? around),
    provisioning: facts.provisioning,
    mayFormat: facts.mayFormat,
    everPublished: left?.everPublished ?? true,
    ...(facts.recordSource && { source: facts.recordSource }),
    publications: use.record.publications,
    ...(use.record.epoch && { epoch: use.record.epoch }),
    name: storeName(facts.name),
  };
  const comment = sound ? undefined : writeRecord(record);
  const written = fileOf(evidence, disk, file, facts, told, around);
  if (written === undefined) return { kind: 'asks', questions: [ASKS_PORT] };
  if (comment === undefined && written === 'as-it-is') return { kind: 'sound' };
  return {
    kind: 'plan',
    plan: {
      disk,
      ...(comment !== undefined && { comment }),
      ...(written !== 'as-it-is' && { file: written }),
      evidence: [...identity.evidence, ...use.evidence],
    },
  };
}

const ASKS_PORT =
  'the appliance does not show the port of the disk, and no record has it: say it with --port (the port of its ' +
  'PersistentVolume’s mounts, or a free one of RDS_NVME_PORTS)';

function requireRepairable({ id, comment, own }: Evidence): void {
  const refuse = (why: string): never => {
    throw new BackendError('precondition', `volume ${id} is not repaired: ${why}`);
  };
  if (comment?.state === 'newer')
    refuse('a newer version of this driver wrote its record; update the driver');
  if (comment?.state === 'other-cluster') refuse('its record is that of another cluster');
  if (comment?.state === 'foreign')
    refuse('its disk item is nothing of this driver, and nothing says that it was');
  if (!own) refuse('its image does not lie where the driver keeps images');
  if (own?.recordFile.state === 'deleted') {
    refuse('its deletion was begun. Delete it for good, or copy its data away first');
  }
}

/** The record beside the image, if it is this volume's. */
function fittingFile({ own, slot }: Evidence, clusterId: string): FileRecord | undefined {
  if (own?.recordFile.state !== 'record') return undefined;
  const { record } = own.recordFile;
  return record.slot === slot && record.cluster === clusterId ? record : undefined;
}

/** The record within a comment that somebody added something to: its check says that it is whole. */
function intactPart(comment: string, clusterId: string): VolumeRecord | undefined {
  const records = [...comment.matchAll(/rc1(?:;[^;\s]*){7};[0-9a-f]{4}/g)].flatMap(([text]) => {
    const read = readRecord(text, clusterTag(clusterId));
    return read.state === 'ours' ? [read.record] : [];
  });
  // Two of them: which one is the last is not known.
  return records.length === 1 ? records[0] : undefined;
}

interface Facts {
  readonly name: string;
  readonly provisioning: Provisioning;
  readonly mayFormat: boolean;
  readonly source?: ContentSource;
  readonly recordSource?: VolumeRecord['source'];
}

interface Sources {
  readonly file: FileRecord | undefined;
  readonly left: VolumeRecord | undefined;
  readonly sound: boolean;
  readonly told: Told;
  readonly around: RepairSurroundings;
}

/** What the volume is, apart from who uses it. */
function identify(
  slot: string,
  { file, left, sound, told, around }: Sources,
): { facts?: Facts; questions: string[]; evidence: string[] } {
  const { clusterId, appliance } = around;
  const fits = (name: string | undefined): name is string =>
    name !== undefined && slotFor(clusterId, name) === slot;
  const name = [file?.name, told.name, left && recallName(left.name)].find(fits);
  const provisioning = left?.provisioning ?? file?.provisioning ?? told.provisioning;
  const questions = [
    name === undefined &&
      (told.name === undefined
        ? 'no record has its whole name: say it with --name (the CSI name, such as pvc-… of its PersistentVolume)'
        : `--name ${JSON.stringify(told.name)} is not the name behind this slot`),
    provisioning === undefined &&
      'nothing says how it was provisioned: say it with --provisioning thin, or thick (thin is the default of a StorageClass)',
  ].filter((question) => question !== false);
  if (name === undefined || provisioning === undefined) return { questions, evidence: [] };
  const leftWords = sound ? 'its comment' : 'the part of its comment that is still whole';
  const origin = left ? leftWords : file ? 'the record beside its image' : 'the command line';
  const nameOrigin = name === file?.name ? 'the record beside its image' : 'its slot, which is a hash of it';
  const recordSource = left?.source ?? (file?.source && sourceSlot(file.source));
  const source = file?.source ?? (left?.source && sourceId(appliance, left.source));
  return {
    // Where nothing says that it may be formatted, it holds data.
    facts: {
      name,
      provisioning,
      mayFormat: left?.mayFormat ?? file?.mayFormat ?? false,
      ...(recordSource && { recordSource }),
      ...(source && { source }),
    },
    questions: [],
    evidence: [`name ${JSON.stringify(name)}: proven by ${nameOrigin}`, `${provisioning}: from ${origin}`],
  };
}

const sourceSlot = ({ kind, id }: ContentSource): VolumeRecord['source'] => ({
  kind,
  slot: id.slice(id.indexOf('/') + 1),
});

const sourceId = (appliance: string, { kind, slot }: NonNullable<VolumeRecord['source']>): ContentSource =>
  kind === 'snapshot' ? { kind, id: snapshotId(appliance, slot) } : { kind, id: volumeId(appliance, slot) };

/** The record beside the image as it should be; undefined: its port is not known. */
function fileOf(
  { own, slot }: Evidence,
  disk: DiskRow,
  file: FileRecord | undefined,
  { name, provisioning, mayFormat, source }: Facts,
  told: Told,
  { clusterId }: RepairSurroundings,
): RepairPlan['file'] | 'as-it-is' | undefined {
  const port = disk.port || file?.port || told.port;
  if (!port || !own) return undefined;
  const wanted = { cluster: clusterId, slot, name, provisioning, mayFormat, port, ...(source && { source }) };
  const contents = writeFileRecord(wanted);
  const seen = seenText(own.recordFile);
  return seen !== undefined && file !== undefined && writeFileRecord(file) === contents
    ? 'as-it-is'
    : { name: own.place.record, contents, seen };
}

function seenText(file: NonNullable<Evidence['own']>['recordFile']): string | undefined {
  if (file.state === 'unreadable' || file.state === 'record') return file.contents;
  return undefined;
}
