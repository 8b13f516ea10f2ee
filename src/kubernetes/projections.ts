import type { Attachment, ObjectRef, PersistentVolume, Registration } from '../core/reconcile/cluster.ts';
import type { WireObject } from './wire.ts';

/** What the driver keeps of the API server's objects: a tenth of what they weigh. Each undefined: not of our concern. */

/** The external-attacher's note of the node's CSI id (external-attacher v4, `vaNodeIDAnnotation`). */
const NODE_ID_ANNOTATION = 'csi.alpha.kubernetes.io/node-id';

interface WireAttachment extends WireObject {
  readonly spec?: {
    readonly attacher?: string;
    readonly nodeName?: string;
    readonly source?: {
      readonly persistentVolumeName?: string;
      readonly inlineVolumeSpec?: { readonly csi?: { readonly volumeHandle?: string } };
    };
  };
  readonly status?: { readonly attached?: boolean };
}

export function attachmentOf(object: WireObject): Attachment | undefined {
  const { metadata, spec, status } = object as WireAttachment;
  if (!spec?.attacher || !spec.nodeName) return undefined;
  const { persistentVolumeName, inlineVolumeSpec } = spec.source ?? {};
  const handle = inlineVolumeSpec?.csi?.volumeHandle;
  const nodeId = metadata.annotations?.[NODE_ID_ANNOTATION];
  return {
    name: metadata.name,
    uid: metadata.uid,
    driver: spec.attacher,
    node: spec.nodeName,
    ...(nodeId !== undefined && { nodeId }),
    ...(persistentVolumeName !== undefined && { persistentVolume: persistentVolumeName }),
    ...(handle !== undefined && { handle }),
    attached: status?.attached ?? false,
    deleting: metadata.deletionTimestamp !== undefined,
  };
}

interface WirePersistentVolume extends WireObject {
  readonly spec?: {
    readonly csi?: { readonly driver?: string; readonly volumeHandle?: string };
    readonly persistentVolumeReclaimPolicy?: string;
    readonly claimRef?: { readonly namespace?: string; readonly name?: string; readonly uid?: string };
  };
}

export function persistentVolumeOf(object: WireObject): PersistentVolume | undefined {
  const { metadata, spec } = object as WirePersistentVolume;
  const { driver, volumeHandle } = spec?.csi ?? {};
  if (!driver || !volumeHandle) return undefined;
  const { namespace, name, uid = '' } = spec?.claimRef ?? {};
  return {
    name: metadata.name,
    uid: metadata.uid,
    driver,
    handle: volumeHandle,
    reclaim: spec?.persistentVolumeReclaimPolicy ?? '',
    ...(namespace && name && { claim: { namespace, name, uid } }),
  };
}

interface WireCsiNode extends WireObject {
  readonly spec?: { readonly drivers?: readonly { readonly name: string; readonly nodeID: string }[] };
}

export function registrationOf(object: WireObject): Registration {
  const { metadata, spec } = object as WireCsiNode;
  return {
    node: metadata.name,
    ids: new Map((spec?.drivers ?? []).map(({ name, nodeID }) => [name, nodeID])),
  };
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

export interface NodeState {
  readonly name: string;
  readonly uid: string;
  readonly ready: boolean;
  readonly unschedulable: boolean;
  readonly taints: readonly Taint[];
}

interface WireNode extends WireObject {
  readonly spec?: { readonly taints?: readonly Taint[]; readonly unschedulable?: boolean };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export function nodeOf(object: WireObject): NodeState {
  const { metadata, spec, status } = object as WireNode;
  return {
    name: metadata.name,
    uid: metadata.uid,
    ready: status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false,
    unschedulable: spec?.unschedulable ?? false,
    taints: spec?.taints ?? [],
  };
}

interface WirePod extends WireObject {
  readonly spec?: {
    readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName?: string } }[];
  };
}

/** The claims, as `namespace/name`, that a pod uses by name. */
export function claimsOf(object: WireObject): string[] {
  const { metadata, spec } = object as WirePod;
  const names = (spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
  return names.map((name) => `${metadata.namespace}/${name}`);
}

interface WireClaim extends WireObject {
  readonly spec?: { readonly volumeName?: string };
}

/** A claim that has no volume yet. */
export function pendingClaimOf(object: WireObject): ObjectRef | undefined {
  const { metadata, spec } = object as WireClaim;
  if (spec?.volumeName) return undefined;
  return { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
}
