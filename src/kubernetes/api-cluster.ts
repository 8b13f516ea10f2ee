import type { Attachment, Cluster, ClusterView, PersistentVolume } from '../core/reconcile/cluster.ts';
import type { ApiClient } from './api-client.ts';
import { isConflict, isNotFound } from './kubernetes-error.ts';
import { liveList } from './live-list.ts';
import {
  attachmentOf,
  claimsOf,
  type NodeState,
  nodeOf,
  persistentVolumeOf,
  registrationOf,
} from './projections.ts';
import type { Reflector } from './reflector.ts';

export const PATHS = {
  attachments: '/apis/storage.k8s.io/v1/volumeattachments',
  persistentVolumes: '/api/v1/persistentvolumes',
  registrations: '/apis/storage.k8s.io/v1/csinodes',
  nodes: '/api/v1/nodes',
} as const;

export interface Caches {
  readonly attachments: Reflector<Attachment>;
  readonly persistentVolumes: Reflector<PersistentVolume>;
  readonly registrations: Reflector<ReturnType<typeof registrationOf>>;
  readonly nodes: Reflector<NodeState>;
}

/** The cluster as its API server tells it. */
export class ApiCluster implements Cluster {
  constructor(
    private readonly api: ApiClient,
    private readonly caches: Caches,
  ) {}

  synced(): boolean {
    return Object.values(this.caches).every(({ synced }) => synced);
  }

  cached(): ClusterView {
    const { attachments, persistentVolumes, registrations, nodes } = this.caches;
    return {
      attachments: attachments.values(),
      persistentVolumes: persistentVolumes.values(),
      registrations: registrations.values(),
      nodes: new Set(nodes.values().map(({ name }) => name)),
    };
  }

  /** One after the other, in this order: a PersistentVolume that goes meanwhile leaves a doubt, never a wrong answer. */
  async live(signal: AbortSignal): Promise<ClusterView> {
    const { api } = this;
    const attachments = await liveList(api, PATHS.attachments, attachmentOf, signal);
    const persistentVolumes = await liveList(api, PATHS.persistentVolumes, persistentVolumeOf, signal);
    const registrations = await liveList(api, PATHS.registrations, registrationOf, signal);
    const nodes = await liveList(api, PATHS.nodes, nodeOf, signal);
    return { attachments, persistentVolumes, registrations, nodes: new Set(nodes.map(({ name }) => name)) };
  }

  async nodeExists(node: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.api.get(`${PATHS.nodes}/${encodeURIComponent(node)}`, signal);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async claimsInUse(node: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`;
    return new Set((await liveList(this.api, path, claimsOf, signal)).flat());
  }

  async deleteAttachment({ name, uid }: Attachment, signal: AbortSignal): Promise<void> {
    try {
      await this.api.delete(`${PATHS.attachments}/${encodeURIComponent(name)}`, uid, signal);
    } catch (error) {
      // Gone, or made anew under that name: what was to be deleted is no more.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}
