import { Registry } from 'prom-client';
import { SystemClock } from '../core/clock.ts';
import { silentLogger } from '../core/observe/logger.ts';
import { clusterUid, type Kubernetes, openKubernetes } from '../kubernetes/open-kubernetes.ts';
import { SETTINGS, type Settings } from '../settings.ts';
import { VERSION } from '../version.ts';

/** The API server of the settings, for a command that a person waits for. @throws Error it has no credentials */
export const connectCluster = (settings: Settings): Promise<Kubernetes> =>
  openKubernetes({
    source: {
      kubeconfig: settings.KUBECONFIG,
      account: settings.SERVICE_ACCOUNT_DIR,
      host: settings.KUBERNETES_SERVICE_HOST,
      port: settings.KUBERNETES_SERVICE_PORT,
    },
    userAgent: `rose-csi/${VERSION}`,
    clock: new SystemClock(),
    random: Math.random,
    logger: silentLogger,
    registry: new Registry(),
  });

/**
 * The settings with the id of their cluster, as `serve` has it: its own UID where none is set and there is a cluster.
 * @param open connects, if it has to be asked
 * @throws the signal's reason · KubernetesError
 */
export async function withClusterId(
  settings: Settings,
  open: () => Promise<Pick<Kubernetes, 'api'>>,
  signal: AbortSignal,
): Promise<Settings> {
  if (settings.KUBERNETES !== 'on' || settings.CLUSTER_ID !== SETTINGS.CLUSTER_ID.fallback) return settings;
  const { api } = await open();
  return { ...settings, CLUSTER_ID: await clusterUid(api, new SystemClock(), signal) };
}
