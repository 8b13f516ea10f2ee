import type { Volume } from '../storage/volume.ts';
import type { Cluster } from './cluster.ts';
import { decideOrphans, type Orphan } from './decide-orphans.ts';

/** What orphans are told from: the claims first, so that one that is bound meanwhile is seen by its volume. */
export async function lookForOrphans(
  volumes: readonly Volume[],
  cluster: Pick<Cluster, 'live' | 'pendingClaims'>,
  driver: string,
  signal: AbortSignal,
): Promise<Orphan[]> {
  if (volumes.length === 0) return [];
  const pending = await cluster.pendingClaims(signal);
  return decideOrphans(volumes, await cluster.live(signal), driver, pending);
}
