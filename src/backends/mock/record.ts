import type { Connection } from '../../core/storage/connection-options.ts';
import type { Encryption } from '../../core/storage/encryption.ts';
import type { ContentSource, Provisioning, Publication } from '../../core/storage/volume.ts';
import type { Epoch, VolumeId } from '../../core/storage/volume-id.ts';

/** What every record has: its slot is its key, and a slot means one thing only. */
interface RecordHead {
  readonly slot: string;
  /** Records of other clusters count for capacity and are otherwise not there. */
  readonly cluster: string;
  /** The CSI name. */
  readonly name: string;
}

export interface VolumeRecord extends RecordHead, Encryption, Connection {
  readonly kind: 'volume';
  readonly capacityBytes: bigint;
  readonly pool: string;
  readonly provisioning: Provisioning;
  readonly compression: boolean;
  readonly contentSource?: ContentSource;
  readonly mayFormat: boolean;
  /** From its first publication on, a copy of its content may be somebody's data. */
  readonly everPublished: boolean;
  readonly publications: readonly Publication[];
  /** Set exactly while there are publications. */
  readonly epoch?: Epoch;
}

/** What one snapshot is, alone or in a group. */
export interface SnapshotEntry extends Encryption {
  readonly slot: string;
  readonly name: string;
  readonly source: VolumeId;
  readonly sizeBytes: bigint;
  readonly pool: string;
  /** ms since 1970-01-01 UTC. */
  readonly createdAt: number;
}

export interface SnapshotRecord extends RecordHead, SnapshotEntry {
  readonly kind: 'snapshot';
}

/** A group and its snapshots are one record, so that there are all of them or none at any moment. */
export interface GroupRecord extends RecordHead {
  readonly kind: 'group';
  readonly createdAt: number;
  readonly members: readonly SnapshotEntry[];
}

export type MockRecord = VolumeRecord | SnapshotRecord | GroupRecord;

/** The snapshots whose images a record stands for. */
export function snapshotsOf(record: MockRecord): readonly SnapshotEntry[] {
  switch (record.kind) {
    case 'volume':
      return [];
    case 'snapshot':
      return [record];
    case 'group':
      return record.members;
  }
}
