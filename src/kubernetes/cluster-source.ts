import type { Settings } from '../settings.ts';
import type { ClusterSource } from './load-credentials.ts';

/** How the settings say that the API server is found. */
export const clusterSource = (settings: Settings): ClusterSource => ({
  kubeconfig: settings.KUBECONFIG,
  account: settings.SERVICE_ACCOUNT_DIR,
  host: settings.KUBERNETES_SERVICE_HOST,
  port: settings.KUBERNETES_SERVICE_PORT,
});
