import type { Attachment, Cluster, ClusterView, PersistentVolume } from '../core/reconcile/cluster.ts';
import type { ApiClient } from './api-client.ts';
import { LiveCluster } from './live-cluster.ts';
import type { NodeState, registrationOf } from './projections.ts';
import type { Reflector } from './reflector.ts';

export interface Caches {
  readonly attachments: Reflector<Attachment>;
  readonly persistentVolumes: Reflector<PersistentVolume>;
  readonly registrations: Reflector<ReturnType<typeof registrationOf>>;
  readonly nodes: Reflector<NodeState>;
}

/** A cluster that is watched, too. */
export class ApiCluster extends LiveCluster implements Cluster {
  constructor(
    api: ApiClient,
    private readonly caches: Caches,
  ) {
    super(api);
  }

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
}
