import type { Encryption } from './encryption.ts';
import type { SnapshotId, VolumeId } from './volume-id.ts';

export interface SnapshotSpec {
  /** The CSI name. */
  readonly name: string;
  readonly source: VolumeId;
}

export interface Snapshot extends Encryption {
  readonly id: SnapshotId;
  readonly name: string;
  readonly source: VolumeId;
  /** The smallest size of a volume that is restored from it. */
  readonly sizeBytes: bigint;
  /** ms since 1970-01-01 UTC, by the appliance's clock. */
  readonly createdAt: number;
  /** The group snapshot it was taken with. */
  readonly group?: SnapshotId;
}

export interface GroupSnapshotSpec {
  readonly name: string;
  /** No duplicates; the order does not matter. */
  readonly sources: readonly VolumeId[];
}

export interface GroupSnapshot {
  readonly id: SnapshotId;
  readonly name: string;
  /** ms since 1970-01-01 UTC. */
  readonly createdAt: number;
  /** One for each source; never a part of them. */
  readonly snapshots: readonly Snapshot[];
}
