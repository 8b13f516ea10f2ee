import type { DiskRow } from '../operations/disk-row.ts';
import type { Layout } from '../records/layout.ts';
import { clusterTag, readRecord, type VolumeRecord } from '../records/volume-record.ts';

/**
 * What a disk item is to our cluster.
 * - `ok`: a volume of ours, its comment as the driver wrote it
 * - `edited`: a volume of ours, by its record's beginning or its folder, whose comment somebody changed or removed
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
export function recordState({ comment, path }: DiskRow, layout: Layout): RecordState {
  const read = readRecord(comment, clusterTag(layout.clusterId));
  if (read.state === 'ours') return { state: 'ok', record: read.record };
  if (read.state === 'newer') return read;
  const inFolder = layout.poolOf(path) !== undefined;
  if (read.state === 'edited') return { state: inFolder ? 'edited' : 'foreign' };
  if (OF_ANY_CLUSTER.test(comment)) return { state: 'other-cluster' };
  return { state: inFolder ? 'edited' : 'foreign' };
}
