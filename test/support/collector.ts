export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status?: { readonly code?: number };
}

interface Export {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly SeenSpan[] }[];
  }[];
}

/** The part of an OpenTelemetry collector that takes spans as JSON over HTTP. */
export class Collector {
  readonly spans: SeenSpan[] = [];
  private readonly server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    routes: {
      '/v1/traces': {
        POST: async (request) => {
          const { resourceSpans } = (await request.json()) as Export;
          this.spans.push(
            ...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((one) => one.spans)),
          );
          return Response.json({});
        },
      },
    },
    fetch: () => new Response('', { status: 404 }),
  });

  get endpoint(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  /** From the first of that name up to the root. */
  pathOf(name: string): string[] {
    const path: string[] = [];
    let span = this.spans.find((one) => one.name === name);
    while (span) {
      path.push(span.name);
      const { parentSpanId } = span;
      span = this.spans.find(({ spanId }) => spanId === parentSpanId);
    }
    return path;
  }

  async stop(): Promise<void> {
    await this.server.stop(true);
  }
}
