import type { NodeId, VolumeId } from '../storage/volume-id.ts';

/** What the reconcilers know of the orchestrator, in its words but without its client. */
export interface Cluster {
  /** Whether the caches are complete and kept current: else what they lack says nothing. */
  synced(): boolean;
  /** From the caches, without a request: a hint that saves questions, never a reason to take something away. */
  cached(): ClusterView;
  /** As it is now; the attachments are read first. @throws where any part of it could not be had */
  live(signal: AbortSignal): Promise<ClusterView>;
  /** Claims that have no volume yet: one may have been made for them. @throws where they could not be had */
  pendingClaims(signal: AbortSignal): Promise<readonly ObjectRef[]>;
  /** Asks now. @throws where there was no answer: that is no absence */
  nodeExists(node: string, signal: AbortSignal): Promise<boolean>;
  /** Claims, as `namespace/name`, of pods that are on a node now. */
  claimsInUse(node: string, signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** Deletes the object of that UID; its finalizers are left to whom they belong to. */
  deleteAttachment(attachment: Attachment, signal: AbortSignal): Promise<void>;
}

export interface ClusterView {
  readonly attachments: readonly Attachment[];
  readonly persistentVolumes: readonly PersistentVolume[];
  /** A node that is not here has no driver registered, as far as is known. */
  readonly registrations: readonly Registration[];
  /** Names of the nodes that exist. */
  readonly nodes: ReadonlySet<string>;
}

/** A VolumeAttachment, of whatever driver. */
export interface Attachment {
  readonly name: string;
  readonly uid: string;
  readonly driver: string;
  /** The Kubernetes name of the node. */
  readonly node: string;
  /** The node's CSI id at the attachment, as the attacher noted it on the object. */
  readonly nodeId?: string;
  /** The name of the PersistentVolume; undefined for an inline volume. */
  readonly persistentVolume?: string;
  /** The handle of an inline volume. */
  readonly handle?: string;
  readonly attached: boolean;
  readonly deleting: boolean;
}

export interface PersistentVolume {
  readonly name: string;
  readonly uid: string;
  readonly driver: string;
  /** The CSI volume handle. */
  readonly handle: string;
  readonly reclaim: string;
  readonly claim?: ObjectRef;
}

export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What a node's plugins have told kubelet (CSINode). */
export interface Registration {
  readonly node: string;
  /** The node's CSI id by driver. */
  readonly ids: ReadonlyMap<string, string>;
}

/** A publication as the appliance's record has it. */
export interface PublishedTo {
  readonly volume: VolumeId;
  readonly node: NodeId;
}
