import type { Clock } from '../core/clock.ts';
import { SETTINGS, type Settings } from '../settings.ts';
import { clusterUid, type Kubernetes } from './open-kubernetes.ts';

/**
 * The settings with the id of their cluster: its own UID where none is set and there is a cluster.
 * @param open connects, if it has to be asked
 * @throws the signal's reason · KubernetesError
 */
export async function withClusterId(
  settings: Settings,
  open: () => Promise<Pick<Kubernetes, 'api'>>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Settings> {
  if (settings.KUBERNETES !== 'on' || settings.CLUSTER_ID !== SETTINGS.CLUSTER_ID.fallback) return settings;
  const { api } = await open();
  return { ...settings, CLUSTER_ID: await clusterUid(api, clock, signal) };
}
