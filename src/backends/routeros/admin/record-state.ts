import type { DiskRow } from '../operations/disk-row.ts';
import type { Ownership } from '../operations/owned-volume.ts';
import { readRecord, type VolumeRecord } from '../records/volume-record.ts';

/**
 * What a disk item is to our cluster.
 * - `ok`: a volume of ours, its comment as the driver wrote it
 * - `edited`: a volume of ours, by its record's beginning, its folder or its export, whose comment somebody changed or removed
 * - `newer`: a volume of ours, written by a newer version of the driver
 * - `other-cluster`: another cluster's volume
 * - `foreign`: nothing of this driver's
 */
export type RecordState =
  | { readonly state: 'ok'; readonly record: VolumeRecord }
  | { readonly state: 'newer'; readonly format: number }
  | { readonly state: 'edited' }
  | { readonly state: 'other-cluster' }
  | { readonly state: 'foreign' };

const OF_ANY_CLUSTER = /^rc\d+;[0-9a-f]+;/;

/** As the operations decide it (`owned-volume.ts`), without their refusals. */
export function recordState(disk: DiskRow, ownership: Ownership): RecordState {
  const { comment } = disk;
  const read = readRecord(comment, ownership.cluster);
  if (read.state === 'ours') return { state: 'ok', record: read.record };
  if (read.state === 'newer') return read;
  if (read.state === 'foreign' && OF_ANY_CLUSTER.test(comment)) return { state: 'other-cluster' };
  return { state: ownership.claims(disk) ? 'edited' : 'foreign' };
}
