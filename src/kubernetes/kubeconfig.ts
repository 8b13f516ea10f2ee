import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { Credentials, RequestCredentials, TlsOptions } from './credentials.ts';

const DEFAULT_NAMESPACE = 'default';

/**
 * client-node does the reading: contexts, exec plugins, OIDC, token files (read again after 60 s, as client-go does).
 * @throws Error that names the file and what is wrong with it
 */
export function loadKubeconfig(path: string): Credentials {
  const config = new KubeConfig();
  try {
    config.loadFromFile(path);
  } catch (error) {
    throw new Error(`KUBECONFIG ${path} cannot be read: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  return new KubeConfigCredentials(config, path);
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
