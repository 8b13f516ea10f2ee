import type { Connection } from './connection-options.ts';
import type { Encryption } from './encryption.ts';
import type { Epoch, NodeId, SnapshotId, VolumeId } from './volume-id.ts';

export type Provisioning = 'thin' | 'thick';

export type ContentSource =
  | { readonly kind: 'snapshot'; readonly id: SnapshotId }
  | { readonly kind: 'volume'; readonly id: VolumeId };

/** The wanted volume, as CreateVolume asks for it. */
export interface VolumeSpec extends Encryption, Connection {
  /** The CSI name: any text the edge lets through; the slot is a hash of it. */
  readonly name: string;
  /** The size to create, already a multiple of the granularity. */
  readonly requiredBytes: bigint;
  /** An existing volume of that name must not be larger; undefined: no limit. */
  readonly limitBytes?: bigint;
  /** undefined: the content source's pool, else the backend's default pool. */
  readonly pool?: string;
  readonly provisioning: Provisioning;
  /** Transparent compression of the image; only on pools that can. */
  readonly compression: boolean;
  readonly contentSource?: ContentSource;
}

/**
 * How a node may use a volume:
 * - `single`, read-write or read-only: this node and no other (RWO, RWOP).
 * - `multi`, read-write: at most two nodes, raw block only (live migration).
 * - `multi`, read-only: several readers and no writer (ROX).
 */
export interface PublishAccess {
  readonly sharing: 'single' | 'multi';
  readonly readonly: boolean;
}

export interface PublishClaim extends PublishAccess {
  readonly node: NodeId;
}

export interface PublishRequest extends PublishClaim {
  /** Only what the node holds in this epoch already is exported, where it is not; nothing is recorded anew. */
  readonly onlyHeldIn?: Epoch;
}

/** A claim that the appliance's record holds. */
export interface Publication extends PublishClaim {}

/** One adverse condition; an empty list means none is known. Names follow CSI v1.13's VolumeHealth. */
export interface VolumeCondition {
  readonly status: 'degraded' | 'inaccessible' | 'data-loss';
  /** CamelCase, for machines. */
  readonly reason: string;
  /** For people: what was seen and what helps. */
  readonly message: string;
}

/** Its connection is what was modified of it; the rest is as its StorageClass says, which the backend does not know. */
export interface Volume extends Encryption, Connection {
  readonly id: VolumeId;
  readonly name: string;
  readonly capacityBytes: bigint;
  readonly pool: string;
  readonly provisioning: Provisioning;
  readonly compression: boolean;
  readonly contentSource?: ContentSource;
  readonly publications: readonly Publication[];
  /** Set exactly while there are publications. */
  readonly epoch?: Epoch;
  /**
   * False once the content may be somebody's data by origin: restored from a snapshot, or cloned from a volume
   * that was ever published. The node then never formats, however blank the device looks.
   */
  readonly mayFormat: boolean;
  /** Whether a node ever had it; undefined: not known. One that no node ever had holds nobody's writes. */
  readonly everPublished?: boolean;
  /** A disk that the driver did not make: it is never formatted, and never deleted. */
  readonly imported?: true;
  readonly conditions: readonly VolumeCondition[];
}

/** Where a published volume can be reached. `nqn` names the volume and the epoch on every transport. */
export type Export = {
  readonly nqn: string;
  readonly epoch: Epoch;
  readonly capacityBytes: bigint;
  /** False also for a node that comes to one which holds the volume already: two that format would do it at one time. */
  readonly mayFormat: boolean;
} & Connection &
  ExportTarget;

export type ExportTarget =
  | {
      readonly transport: 'nvme-tcp';
      readonly addresses: readonly string[];
      readonly port: number;
      readonly namespaceId: number;
    }
  /** A folder on the node itself in which an image file stands under the NQN as its name. */
  | { readonly transport: 'loop'; readonly folder: string };

/** What may change on a live volume. Absent: stays as it is. A connection changes when a node makes the next. */
export interface VolumeChange extends Connection {
  readonly compression?: boolean;
}
