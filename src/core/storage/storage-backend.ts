import type { CallContext } from '../call-context.ts';
import type { Page, PageRequest } from './page.ts';
import type { Pool } from './pool.ts';
import type { Remains } from './remains.ts';
import type { GroupSnapshot, GroupSnapshotSpec, Snapshot, SnapshotSpec } from './snapshot.ts';
import type { Export, PublishRequest, Volume, VolumeChange, VolumeSpec } from './volume.ts';
import type { Epoch, NodeId, SnapshotId, VolumeId } from './volume-id.ts';

/**
 * The port: one appliance that keeps volumes. `test/contract/` is its definition; every implementation passes it.
 *
 * Every operation is idempotent: the same call again gives the same answer, and a half-done one is finished.
 * Every operation throws only `BackendError`, and ends soon after the context's signal aborts. An operation
 * whose outcome is not known throws `unavailable` with `uncertain`; a failed read is never taken for absence.
 * An id of another appliance, or one that has not the form of an id, is `not-found`.
 */
export interface StorageBackend {
  /** The appliance's configured name, the first part of every id; it never changes. */
  readonly name: string;
  readonly capabilities: BackendCapabilities;

  /** What is known without asking: no I/O, never waits. */
  health(): BackendHealth;
  /** Ordered by name; the first is the default pool. */
  pools(context: CallContext): Promise<readonly Pool[]>;

  /**
   * @throws `conflict` another specification under that name · `exhausted` no space · `out-of-range` a size
   * beyond the limits · `not-found` no such pool or source · `unsupported` the pool cannot do what is asked
   */
  createVolume(spec: VolumeSpec, context: CallContext): Promise<Volume>;
  /**
   * An absent volume is a success.
   * @throws `in-use` while it is published · `changed` a node has had it, and `guard` excludes that
   */
  deleteVolume(id: VolumeId, context: CallContext, guard?: DeleteGuard): Promise<void>;
  getVolume(id: VolumeId, context: CallContext): Promise<Volume | undefined>;
  listVolumes(page: PageRequest, context: CallContext): Promise<Page<Volume>>;
  /** Never shrinks: a volume of at least `bytes` is returned as it is. @throws `not-found`, `exhausted`, `out-of-range` */
  expandVolume(id: VolumeId, bytes: bigint, context: CallContext): Promise<Volume>;
  /** @throws `not-found`, `unsupported` */
  modifyVolume(id: VolumeId, change: VolumeChange, context: CallContext): Promise<Volume>;

  /**
   * Records the claim and exports the volume. The first claim of an unpublished volume starts a new epoch; a
   * repeated claim gets the recorded one.
   * @throws `not-found` · `conflict` the node holds the volume with another access · `in-use` other nodes hold
   * it in a way that excludes the claim; the message names them · `changed` the node does not hold the volume in
   * the epoch `onlyHeldIn`
   */
  publishVolume(id: VolumeId, claim: PublishRequest, context: CallContext): Promise<Export>;
  /**
   * Removes the claim of a node, or all; the last one ends the epoch and stops the export. An absent volume or
   * claim is a success. @throws `changed` the volume is in another epoch than `guard.ifEpoch`
   */
  unpublishVolume(
    id: VolumeId,
    node: NodeId | 'all',
    guard: UnpublishGuard,
    context: CallContext,
  ): Promise<void>;

  /** @throws `not-found` no such source · `conflict` that name with another source · `unsupported`, `exhausted` */
  createSnapshot(spec: SnapshotSpec, context: CallContext): Promise<Snapshot>;
  /** All or none. Errors as {@link createSnapshot}. */
  createGroupSnapshot(spec: GroupSnapshotSpec, context: CallContext): Promise<GroupSnapshot>;
  /** Deletes a snapshot, or a group with all its snapshots; an absent one is a success. @throws `in-use` it belongs to a group */
  deleteSnapshot(id: SnapshotId, context: CallContext): Promise<void>;
  getSnapshot(id: SnapshotId, context: CallContext): Promise<Snapshot | undefined>;
  getGroupSnapshot(id: SnapshotId, context: CallContext): Promise<GroupSnapshot | undefined>;
  listSnapshots(filter: SnapshotFilter, page: PageRequest, context: CallContext): Promise<Page<Snapshot>>;

  /** What deletions and creations that were cut have left, and what has lost its volume; ordered by id. Reads only. */
  listRemains(context: CallContext): Promise<readonly Remains[]>;
  /**
   * Ends a deletion that was begun and cut: only what is `deleted` goes, which is asked in the very write. Nothing left
   * is a success. @throws `changed` a volume is there, or remains of another state
   */
  removeRemains(id: VolumeId, context: CallContext): Promise<void>;

  /** Ends what runs in the background; operations after it throw `unavailable`. */
  close(): Promise<void>;
}

export interface DeleteGuard {
  /** Act only if no node has ever had the volume: asked in the very write. */
  readonly unlessEverPublished: boolean;
}

export interface UnpublishGuard {
  /** Act only if the volume is (still) in this epoch. */
  readonly ifEpoch?: Epoch;
}

export interface SnapshotFilter {
  readonly source?: VolumeId;
}

export interface BackendCapabilities {
  /** A node that lost the volume is kept from writing, even if it is still running. */
  readonly fencing: boolean;
  readonly minVolumeBytes: bigint;
  readonly maxVolumeBytes: bigint;
  readonly granularityBytes: bigint;
  /** Nodes at once with `multi` access, read-write and read-only. */
  readonly maxWriters: number;
  readonly maxReaders: number;
}

export interface BackendHealth {
  readonly connected: boolean;
  /** ms since 1970-01-01 UTC at which the state was entered. */
  readonly since: number;
  /** Why not connected, for people. */
  readonly reason?: string;
}
