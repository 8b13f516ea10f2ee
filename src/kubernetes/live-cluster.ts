import type { Attachment, ClusterView, ObjectRef } from '../core/reconcile/cluster.ts';
import type { ApiClient } from './api-client.ts';
import { isConflict, isNotFound } from './kubernetes-error.ts';
import { liveList } from './live-list.ts';
import {
  attachmentOf,
  claimsOf,
  nodeOf,
  pendingClaimOf,
  persistentVolumeOf,
  registrationOf,
} from './projections.ts';

export const PATHS = {
  attachments: '/apis/storage.k8s.io/v1/volumeattachments',
  persistentVolumes: '/api/v1/persistentvolumes',
  registrations: '/apis/storage.k8s.io/v1/csinodes',
  nodes: '/api/v1/nodes',
  claims: '/api/v1/persistentvolumeclaims',
} as const;

/** The cluster as its API server tells it, each time anew. */
export class LiveCluster {
  constructor(protected readonly api: ApiClient) {}

  /** One after the other, in this order: a PersistentVolume that goes meanwhile leaves a doubt, never a wrong answer. */
  async live(signal: AbortSignal): Promise<ClusterView> {
    const { api } = this;
    const attachments = await liveList(api, PATHS.attachments, attachmentOf, signal);
    const persistentVolumes = await liveList(api, PATHS.persistentVolumes, persistentVolumeOf, signal);
    const registrations = await liveList(api, PATHS.registrations, registrationOf, signal);
    const nodes = await liveList(api, PATHS.nodes, nodeOf, signal);
    return { attachments, persistentVolumes, registrations, nodes: new Set(nodes.map(({ name }) => name)) };
  }

  async pendingClaims(signal: AbortSignal): Promise<readonly ObjectRef[]> {
    return liveList(this.api, PATHS.claims, pendingClaimOf, signal);
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
