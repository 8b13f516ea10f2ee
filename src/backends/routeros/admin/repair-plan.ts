import { BackendError } from '../../../core/storage/backend-error.ts';
import { connectionOf } from '../../../core/storage/connection-options.ts';
import { encryptionOf } from '../../../core/storage/encryption.ts';
import type { DiskRow } from '../operations/disk-row.ts';
import { type FileRecord, writeFileRecord } from '../records/file-record.ts';
import { storeName } from '../records/stored-name.ts';
import {
  clusterTag,
  nextRevision,
  readRecord,
  type VolumeRecord,
  writeRecord,
} from '../records/volume-record.ts';
import { type Evidence, requireDisk } from './evidence.ts';
import { type Facts, identify, type RepairSurroundings, type Sources, sourceIn } from './repair-identity.ts';
import type { Told } from './repair-options.ts';
import { decideUse } from './repair-use.ts';

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
  if (evidence.comment?.state === 'ok') {
    return planFile(evidence, disk, { file, left: evidence.comment.record, told, around });
  }
  return planBoth(evidence, disk, { file, left: intactPart(disk.comment, around.clusterId), told, around });
}

/** The comment is as it should be. */
function planFile(evidence: Evidence, disk: DiskRow, sources: Sources): RepairDecision {
  const identity = identify(disk, sources);
  if (!identity.facts) return { kind: 'asks', questions: identity.questions };
  const file = fileOf(evidence, identity.facts, sources);
  if (file === 'as-it-is') return { kind: 'sound' };
  return { kind: 'plan', plan: { disk, file, evidence: identity.evidence } };
}

function planBoth(evidence: Evidence, disk: DiskRow, sources: Sources): RepairDecision {
  const { left, told, around } = sources;
  const identity = identify(disk, sources);
  const use = decideUse(evidence.id, disk, left, told, around.naming);
  if (!identity.facts || 'questions' in use) {
    return { kind: 'asks', questions: [...identity.questions, ...('questions' in use ? use.questions : [])] };
  }
  const file = fileOf(evidence, identity.facts, sources);
  const comment = writeRecord({
    ...use.record,
    cluster: clusterTag(around.clusterId),
    revision: nextRevision(left ?? around),
    provisioning: identity.facts.provisioning,
    port: identity.facts.port,
    mayFormat: identity.facts.mayFormat,
    ...encryptionOf(identity.facts),
    everPublished: left?.everPublished ?? true,
    ...sourceIn(identity.facts),
    ...(identity.facts.imported && { imported: true as const }),
    name: storeName(identity.facts.name),
    // It stands nowhere else: a comment that is gone takes it along.
    ...connectionOf(left ?? {}),
  });
  const plan = {
    disk,
    comment,
    ...(file !== 'as-it-is' && { file }),
    evidence: [...identity.evidence, ...use.evidence],
  };
  return { kind: 'plan', plan };
}

function requireRepairable({ id, comment, own }: Evidence): void {
  const refuse = (why: string): never => {
    throw new BackendError('precondition', `volume ${id} is not repaired: ${why}`);
  };
  if (comment?.state === 'newer')
    refuse('a newer version of this driver wrote its record; update the driver');
  if (comment?.state === 'other-cluster') refuse('its record is that of another cluster');
  if (comment?.state === 'foreign' && !wasImported(own))
    refuse('its disk item is nothing of this driver, and nothing says that it was');
  if (!own) refuse('its image does not lie where the driver keeps images');
  if (own?.recordFile.state === 'deleted') {
    refuse('its deletion was begun. Delete it for good, or copy its data away first');
  }
}

/** Our folder has the record of an imported disk, wherever its image lies. */
const wasImported = (own: Evidence['own']): boolean =>
  own?.recordFile.state === 'record' && own.recordFile.record.imported?.image === own.place.image;

/** The record beside the image, if it is this volume's. */
function fittingFile({ own, slot }: Evidence, clusterId: string): FileRecord | undefined {
  if (own?.recordFile.state !== 'record') return undefined;
  const { record } = own.recordFile;
  return record.slot === slot && record.cluster === clusterId ? record : undefined;
}

/** A record in each of its formats. */
const WHOLE = /(?:rc1(?:;[^;\s]*){8}|rc2(?:;[^;\s]*){9});[0-9a-f]{4}/g;

/** The record within a comment that somebody added something to: its check says that it is whole. */
function intactPart(comment: string, clusterId: string): VolumeRecord | undefined {
  const records = [...comment.matchAll(WHOLE)].flatMap(([text]) => {
    const read = readRecord(text, clusterTag(clusterId));
    return read.state === 'ours' ? [read.record] : [];
  });
  // Two of them: which one is the last is not known.
  return records.length === 1 ? records[0] : undefined;
}

/** The record beside the image as it should be. */
function fileOf(
  { own, slot }: Evidence,
  facts: Facts,
  { file, around }: Sources,
): NonNullable<RepairPlan['file']> | 'as-it-is' {
  const { name, provisioning, mayFormat, port, source, imported } = facts;
  // What it was before it was imported cannot be told anew.
  if (!own || imported === 'unknown') return 'as-it-is';
  const contents = writeFileRecord({
    cluster: around.clusterId,
    slot,
    name,
    provisioning,
    mayFormat,
    port,
    ...encryptionOf(facts),
    ...(source && { source }),
    ...(imported && { imported }),
  });
  const { recordFile, place } = own;
  const seen = 'contents' in recordFile ? recordFile.contents : undefined;
  const asItIs = file !== undefined && writeFileRecord(file) === contents;
  return asItIs ? 'as-it-is' : { name: place.record, contents, seen };
}
