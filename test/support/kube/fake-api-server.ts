import { until } from '../until.ts';
import { Authority, type Identity } from './certificates.ts';
import { keyOf, ObjectStore, type Stored, type StoreEvent } from './object-store.ts';
import { patched } from './patches.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly authorization: string | null;
  readonly contentType: string | null;
}

interface Target {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

const PATH =
  /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/status)?$/;

/** The part of kube-apiserver that the driver uses, over real TLS: for what a test wants to go wrong. */
export class FakeApiServer {
  readonly store = new ObjectStore();
  readonly requests: SeenRequest[] = [];
  /** Bearer tokens that are taken; empty: anybody. */
  tokens: string[] = [];
  /** Answers before the store does. */
  intercept: ((request: SeenRequest) => Response | undefined | Promise<Response | undefined>) | undefined;
  private server: Bun.Server<undefined> | undefined;
  private watches = new Set<ReadableStreamDefaultController<Uint8Array>>();
  private port = 0;

  private constructor(
    readonly authority: Authority,
    private readonly identity: Identity,
    private readonly clientCa: string | undefined,
  ) {}

  static async start(
    options: { readonly dns?: string[]; readonly ip?: string[]; readonly mutual?: boolean } = {},
  ) {
    const authority = await Authority.create();
    const { dns, ip = dns ? [] : ['127.0.0.1'] } = options;
    const identity = await authority.issue('CN=kube-apiserver', { ...(dns && { dns }), ip });
    const server = new FakeApiServer(authority, identity, options.mutual ? authority.cert : undefined);
    server.up();
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  up(): void {
    this.server = Bun.serve({
      hostname: '127.0.0.1',
      port: this.port,
      idleTimeout: 0,
      tls: {
        ...this.identity,
        ...(this.clientCa !== undefined && {
          ca: this.clientCa,
          requestCert: true,
          rejectUnauthorized: true,
        }),
      },
      fetch: (request) => this.answer(request),
    });
    this.port = this.server.port ?? 0;
  }

  /** Away: connections are cut, new ones refused. */
  async down(): Promise<void> {
    await this.server?.stop(true);
    this.watches.clear();
    this.server = undefined;
  }

  /** How many watches are open. */
  get watching(): number {
    return this.watches.size;
  }

  /** Ends all watches as the server does at their timeout. */
  endWatches(): void {
    for (const watch of this.watches) watch.close();
    this.watches.clear();
  }

  /** Breaks all connections; new ones are taken at once. */
  async cut(): Promise<void> {
    await this.down();
    this.up();
  }

  /** Says the current version to all watches. */
  bookmark(): void {
    const object = { metadata: { resourceVersion: String(this.store.version) } };
    for (const watch of this.watches) watch.enqueue(line({ type: 'BOOKMARK', object }));
  }

  async watched(count: number): Promise<void> {
    await until(`${count} watches`, () => this.watches.size >= count);
  }

  kubeconfig(user: object = {}, cluster: object = {}): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'c',
          cluster: {
            server: this.url,
            'certificate-authority-data': Buffer.from(this.authority.cert).toString('base64'),
            ...cluster,
          },
        },
      ],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'rose-csi' } }],
      'current-context': 'x',
    });
  }

  private async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const seen: SeenRequest = {
      method: request.method,
      path: url.pathname,
      query: url.search,
      authorization: request.headers.get('authorization'),
      contentType: request.headers.get('content-type'),
    };
    this.requests.push(seen);
    const early = await this.intercept?.(seen);
    if (early) return early;
    const token = seen.authorization?.replace(/^Bearer /, '') ?? '';
    if (this.tokens.length > 0 && !this.tokens.includes(token)) return status(401, 'Unauthorized');
    const [, group, namespace, resource, name] = PATH.exec(url.pathname) ?? [];
    if (!group || !resource) return status(404, 'the server could not find the requested resource');
    const target = { collection: `${group}/${resource}`, namespace, name };
    const body = request.method === 'GET' ? {} : ((await request.json()) as Record<string, unknown>);
    if (url.searchParams.get('watch'))
      return this.watch(target, Number(url.searchParams.get('resourceVersion')));
    return this.act(seen, target, body, url.searchParams);
  }

  private act(
    { method, contentType }: SeenRequest,
    target: Target,
    body: Record<string, unknown>,
    query: URLSearchParams,
  ): Response {
    const { collection, namespace, name } = target;
    if (method === 'GET' && name === undefined) return this.page(target, query);
    if (method === 'POST') return this.create(target, body);
    const key = keyOf({ ...(namespace !== undefined && { namespace }), name: name ?? '' });
    const found = this.store.get(collection, key);
    if (!found) return status(404, `${name} not found`);
    if (method === 'GET') return Response.json(found);
    if (method === 'DELETE') return this.remove(collection, key, found, body);
    return this.write(
      target.collection,
      found,
      method === 'PATCH' ? patched(found, contentType ?? '', body) : body,
    );
  }

  private write(collection: string, found: Stored, next: Record<string, unknown>): Response {
    if (typeof next['status'] === 'number') return status(next['status'], String(next['message']));
    const version = (next['metadata'] as Partial<Stored['metadata']> | undefined)?.resourceVersion;
    if (version !== undefined && version !== found.metadata.resourceVersion) {
      return status(409, 'the object has been modified');
    }
    return Response.json(this.store.put(collection, next));
  }

  private create({ collection, namespace }: Target, body: Record<string, unknown>): Response {
    const metadata = { ...(body['metadata'] as object), ...(namespace !== undefined && { namespace }) };
    if (this.store.get(collection, keyOf(metadata))) return status(409, 'already exists');
    return Response.json(this.store.put(collection, { ...body, metadata }), { status: 201 });
  }

  private remove(collection: string, key: string, found: Stored, body: Record<string, unknown>): Response {
    const uid = (body['preconditions'] as { uid?: string } | undefined)?.uid;
    if (uid !== undefined && uid !== found.metadata.uid) return status(409, 'the UID does not match');
    return Response.json(this.store.delete(collection, key));
  }

  private page({ collection, namespace }: Target, query: URLSearchParams): Response {
    const all = this.store
      .list(collection, namespace)
      .filter((one) => selected(one, query.get('fieldSelector')));
    const from = Number(query.get('continue') ?? 0);
    const to = from + Number(query.get('limit') ?? all.length);
    const more = to < all.length ? { continue: String(to) } : {};
    const metadata = { resourceVersion: String(this.store.version), ...more };
    return Response.json({ kind: 'List', apiVersion: 'v1', metadata, items: all.slice(from, to) });
  }

  private watch({ collection }: Target, version: number): Response {
    const missed = this.store.since(collection, version);
    if (!missed) {
      const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
      return new Response(line({ type: 'ERROR', object }));
    }
    let stop: () => void = () => undefined;
    let own: ReadableStreamDefaultController<Uint8Array>;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        const tell = ({ type, object }: StoreEvent) => controller.enqueue(line({ type, object }));
        for (const event of missed) tell(event);
        // Bun sends the head of an answer with its first bytes; kube-apiserver sends it at once.
        if (missed.length === 0) controller.enqueue(Buffer.from('\n'));
        stop = this.store.onEvent((event) => {
          if (!this.watches.has(controller)) stop();
          else if (event.collection === collection) tell(event);
        });
        this.watches.add(controller);
      },
      cancel: () => {
        stop();
        this.watches.delete(own);
      },
    });
    return new Response(stream, { headers: { 'content-type': 'application/json' } });
  }
}

const line = (value: object): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);

const status = (code: number, message: string): Response =>
  Response.json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }, { status: code });

/** `spec.nodeName=x` and the like. */
function selected(object: Stored, selector: string | null): boolean {
  if (!selector) return true;
  const [path = '', wanted] = selector.split('=');
  const found = path
    .split('.')
    .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], object);
  return found === wanted;
}
