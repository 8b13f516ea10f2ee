import { abortable } from '../core/abortable.ts';
import type { Credentials } from './credentials.ts';
import { KubernetesError, refused, unanswered } from './kubernetes-error.ts';

export type Fetch = (url: string, options: BunFetchRequestInit) => Promise<Response>;

export interface ApiClientOptions {
  readonly credentials: Credentials;
  readonly fetch: Fetch;
  readonly userAgent: string;
  /** Waits until one more write is due. */
  readonly throttle: (signal: AbortSignal) => Promise<void>;
  /** How long a request may take, watches excepted, ms. */
  readonly timeoutMs: number;
  /** Told of each answer: for metrics. Status 0: there was none. */
  readonly onAnswer: (method: string, status: number) => void;
}

/** How a patch is read: https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply */
export type PatchType = 'merge' | 'json' | 'strategic-merge';

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly signal: AbortSignal;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** A connection that the server has closed while we took it for alive: nothing was answered on it. */
const STALE = /ECONNRESET|socket connection was closed|connection reset/i;

/**
 * The API server's REST, JSON as it is on the wire, so that lists, watches and single reads give the same. client-node's
 * generated calls are not used: they take no `AbortSignal`, and turn times into `Date`, which a watch does not.
 *
 * Each call throws `KubernetesError`, or the signal's reason.
 */
export class ApiClient {
  constructor(private readonly options: ApiClientOptions) {}

  /** @param path with the query, such as `/api/v1/nodes/a` */
  get(path: string, signal: AbortSignal): Promise<unknown> {
    return this.json({ method: 'GET', path, signal });
  }

  create(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    return this.json({ method: 'POST', path, signal, body });
  }

  /** With the `resourceVersion` in the body as its condition. */
  replace(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    return this.json({ method: 'PUT', path, signal, body });
  }

  patch(path: string, type: PatchType, body: object, signal: AbortSignal): Promise<unknown> {
    const contentType = `application/${type}-patch+json`;
    return this.json({ method: 'PATCH', path, signal, body, contentType });
  }

  /** Only the object of that UID: one that was made anew under the same name stays. */
  delete(path: string, uid: string, signal: AbortSignal): Promise<unknown> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid } };
    return this.json({ method: 'DELETE', path, signal, body });
  }

  /** An answer without an end, for a watch: the caller has to notice when it falls silent. */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const call: Call = { method: 'GET', path, signal };
    const { body } = await this.ending(call, signal, (limited) => this.answer(call, limited));
    if (!body) throw new KubernetesError('protocol', `GET ${path}: an answer without a body`);
    return body;
  }

  private json(call: Call): Promise<unknown> {
    const limited = AbortSignal.any([call.signal, AbortSignal.timeout(this.options.timeoutMs)]);
    return this.ending(call, limited, async (signal) => {
      if (call.method !== 'GET') await this.options.throttle(signal);
      const response = await this.answer(call, signal);
      // The body within the same limit: a server that stalls in the middle is away, too.
      return abortable(response.json(), signal);
    });
  }

  private async ending<T>(
    { method, path, signal: outer }: Call,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await work(signal);
    } catch (error) {
      if (outer.aborted) throw outer.reason;
      throw error instanceof KubernetesError ? error : unanswered(`${method} ${path}`, error);
    }
  }

  private async answer(call: Call, signal: AbortSignal): Promise<Response> {
    const response = await this.once(call, signal).catch((error: unknown) => {
      // Once more: names of what we create are our own, so a creation that arrived twice says 409.
      if (signal.aborted || !STALE.test(String(error))) throw error;
      return this.once(call, signal);
    });
    if (response.ok) return response;
    const retryAfter = response.headers.get('retry-after') ?? undefined;
    const body = await abortable(response.text(), signal);
    throw refused(`${call.method} ${call.path}`, response.status, body, retryAfter);
  }

  private async once({ method, path, body, contentType }: Call, signal: AbortSignal): Promise<Response> {
    const { credentials, fetch, userAgent, onAnswer } = this.options;
    const { headers, tls, proxy } = await credentials.forRequest();
    const own = { accept: 'application/json', 'user-agent': userAgent, ...headers };
    try {
      const response = await fetch(`${credentials.server}${path}`, {
        method,
        signal,
        headers: body === undefined ? own : { ...own, 'content-type': contentType ?? 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        tls,
        ...(proxy !== undefined && { proxy }),
        redirect: 'error',
        // Bun's own limit of 360 s without a byte: ours are the signal's.
        timeout: false,
      } as BunFetchRequestInit);
      onAnswer(method, response.status);
      return response;
    } catch (error) {
      if (!signal.aborted) onAnswer(method, 0);
      throw error;
    }
  }
}
