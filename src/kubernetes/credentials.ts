import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

/** Where the API server is, and who asks. */
export interface Credentials {
  /** Such as `https://10.96.0.1:443`, without a slash at the end. */
  readonly server: string;
  /** The namespace of the context, or of the pod. */
  readonly namespace: string;
  /** Read anew for each request: service-account tokens rotate, certificate files are replaced. */
  forRequest(): Promise<RequestCredentials>;
}

export interface RequestCredentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
  readonly proxy?: string;
}

/** The part of Bun's fetch that undici's dispatcher would carry elsewhere. */
export interface TlsOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  readonly serverName?: string;
  readonly rejectUnauthorized?: boolean;
}

/** The environment variables that kubelet gives a pod, or a person's KUBECONFIG. */
export interface ClusterSource {
  /** A kubeconfig's path; empty: the service account of the pod. */
  readonly kubeconfig: string;
  readonly host: string;
  readonly port: number;
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const DEFAULT_NAMESPACE = 'default';

/**
 * Reads a kubeconfig, or what a pod has of its service account. client-node does the reading: contexts, exec
 * plugins, OIDC, token files (read again after 60 s, as client-go does).
 * @throws Error that names the file and what is wrong with it
 */
export async function loadCredentials(source: ClusterSource): Promise<Credentials> {
  const config = new KubeConfig();
  if (source.kubeconfig !== '') {
    config.loadFromFile(source.kubeconfig);
    return new KubeConfigCredentials(config, source.kubeconfig);
  }
  const { host, port } = source;
  if (host === '') throw new Error('KUBERNETES_SERVICE_HOST is not set: this is no pod; give KUBECONFIG');
  const namespace = await Bun.file(`${ACCOUNT}/namespace`).text();
  config.loadFromOptions({
    clusters: [
      {
        name: 'cluster',
        server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
        caFile: `${ACCOUNT}/ca.crt`,
        skipTLSVerify: false,
      },
    ],
    users: [{ name: 'pod', authProvider: { name: 'tokenFile', config: { tokenFile: `${ACCOUNT}/token` } } }],
    contexts: [{ name: 'pod', cluster: 'cluster', user: 'pod', namespace: namespace.trim() }],
    currentContext: 'pod',
  });
  return new KubeConfigCredentials(config, ACCOUNT);
}

/**
 * client-node hands TLS material to undici's agent, which Bun replaces by a stub that drops it: so it is taken from
 * `applyToHTTPSOptions`, and given to fetch (client-node 2.0.1 on Bun 1.4.5).
 */
class KubeConfigCredentials implements Credentials {
  readonly server: string;
  readonly namespace: string;

  constructor(
    private readonly config: KubeConfig,
    source: string,
  ) {
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new Error(`${source} has no current context with a cluster`);
    this.server = cluster.server.replace(/\/+$/, '');
    const context = config.getContextObject(config.getCurrentContext());
    this.namespace = context?.namespace || DEFAULT_NAMESPACE;
  }

  async forRequest(): Promise<RequestCredentials> {
    const options: RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    const proxy = this.config.getCurrentCluster()?.proxyUrl;
    return { headers: headersOf(options), tls: tlsOf(options), ...(proxy && { proxy }) };
  }
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const own = Object.entries((headers ?? {}) as Record<string, string>);
  const basic = auth ? [['Authorization', `Basic ${Buffer.from(auth).toString('base64')}`]] : [];
  return Object.fromEntries([...own, ...basic]);
}

function tlsOf(options: RequestOptions): TlsOptions {
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = options;
  const given = { ca, cert, key, passphrase, serverName: servername, rejectUnauthorized };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as TlsOptions;
}
