import { parseListenAddress } from './listen-address.ts';

export interface HttpServerOptions {
  /** `host:port`, `[IPv6]:port`, or `:port` for all addresses. Port 0: any free one. */
  readonly address: string;
  readonly metrics: MetricsText;
  /** Whether this process works; no I/O. An appliance that is away is no fault of the process. */
  readonly health: () => Health;
  /** Whether it can do its work: an appliance that is away, or a kubelet that has refused it, makes it not ready. */
  readonly readiness: () => Health;
}

export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

export interface Health {
  readonly healthy: boolean;
  /** Why not, for people; or, where all is well enough, what is not well. */
  readonly reason?: string;
}

/** Serves `/metrics`, `/healthz` and `/readyz`, and nothing else. */
export class HttpServer {
  private server: Bun.Server<undefined> | undefined;

  constructor(private readonly options: HttpServerOptions) {}

  /** @returns the port that is listened on @throws RangeError for a wrong address, Error where it cannot be had */
  start(): number {
    const { host, port } = parseListenAddress(this.options.address);
    try {
      this.server = this.serve(host, port);
    } catch (error) {
      throw new Error(`cannot serve metrics on ${this.options.address}: ${reason(error)}`, { cause: error });
    }
    return this.server.port ?? port;
  }

  /** Ends at once: a scrape in progress is cut. */
  async stop(): Promise<void> {
    await this.server?.stop(true);
    this.server = undefined;
  }

  private serve(host: string | undefined, port: number): Bun.Server<undefined> {
    const fetch = (request: Request) => this.answer(request);
    if (host !== undefined) return Bun.serve({ hostname: host, port, fetch });
    try {
      // `::` takes IPv4 too (bindv6only is 0 by default, ipv6(7)).
      return Bun.serve({ hostname: '::', port, fetch });
    } catch (error) {
      if (isTaken(error)) throw error;
      // A kernel without IPv6.
      return Bun.serve({ hostname: '0.0.0.0', port, fetch });
    }
  }

  private async answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const page = PAGES[pathname];
    if (!page) return new Response('not found\n', { status: 404 });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response('method not allowed\n', { status: 405, headers: { allow: 'GET, HEAD' } });
    }
    return page(this.options);
  }
}

const PAGES: Readonly<Record<string, (options: HttpServerOptions) => Promise<Response>>> = {
  '/metrics': async ({ metrics }) =>
    new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } }),
  '/healthz': async ({ health }) => verdict(health()),
  '/readyz': async ({ readiness }) => verdict(readiness()),
};

const verdict = ({ healthy, reason: why }: Health): Response =>
  new Response(healthy ? `ok${why === undefined ? '' : `, but ${why}`}\n` : `${why ?? 'not healthy'}\n`, {
    status: healthy ? 200 : 503,
  });

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
