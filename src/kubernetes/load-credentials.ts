import type { Credentials } from './credentials.ts';

/** How the API server is found. */
export interface ClusterSource {
  /** A kubeconfig's path; empty: the service account of the pod. */
  readonly kubeconfig: string;
  /** The folder that kubelet mounts into a pod: token, CA and namespace. */
  readonly account: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Reads a kubeconfig, or what a pod has of its service account. client-node, which reads kubeconfigs, costs 10 MiB of
 * memory: a pod does without it.
 * @throws Error that names the file and what is wrong with it
 */
export async function loadCredentials(source: ClusterSource): Promise<Credentials> {
  if (source.kubeconfig === '') return serviceAccount(source);
  const { loadKubeconfig } = await import('./kubeconfig.ts');
  return loadKubeconfig(source.kubeconfig);
}

async function serviceAccount({ account, host, port }: ClusterSource): Promise<Credentials> {
  if (host === '') throw new Error('KUBERNETES_SERVICE_HOST is not set: this is no pod; give KUBECONFIG');
  const read = async (name: string) => (await Bun.file(`${account}/${name}`).text()).trim();
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace: await read('namespace'),
    forRequest: async () => ({
      headers: { authorization: `Bearer ${await read('token')}` },
      tls: { ca: await read('ca.crt') },
    }),
  };
}
