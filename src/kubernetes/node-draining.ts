import { ApiClient } from './api-client.ts';
import { PATHS } from './live-cluster.ts';
import { type ClusterSource, loadCredentials } from './load-credentials.ts';
import { nodeOf } from './projections.ts';
import type { WireObject } from './wire.ts';

const REQUEST_MS = 5_000;

/** Asks once whether a node is to be emptied: it was cordoned, as `kubectl drain` and a graceful shutdown do first. */
export class NodeDraining {
  constructor(private readonly source: ClusterSource) {}

  /** @throws Error where there is no API server to ask, KubernetesError where it does not say */
  async ask(node: string, signal: AbortSignal): Promise<boolean> {
    const api = new ApiClient({
      credentials: await loadCredentials(this.source),
      fetch,
      userAgent: 'rose-csi/drain',
      throttle: async () => undefined,
      timeoutMs: REQUEST_MS,
      onAnswer: () => undefined,
    });
    const found = await api.get(`${PATHS.nodes}/${encodeURIComponent(node)}`, signal);
    return nodeOf(found as WireObject).unschedulable;
  }
}
