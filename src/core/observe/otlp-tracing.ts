import { context, type DiagLogger, DiagLogLevel, diag, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { VERSION } from '../../version.ts';
import type { Logger } from './logger.ts';

export interface TracingOptions {
  /** Such as `http://collector:4318`; spans go to `/v1/traces` below it. */
  readonly endpoint: string;
  readonly mode: string;
  readonly node: string;
  readonly logger: Logger;
}

/** A collector that does not answer costs the shutdown no more than this, ms. */
const EXPORT_MS = 5_000;

/**
 * Sends spans by OTLP over HTTP, in batches, until it is stopped. It is imported only where that is configured: the SDK
 * costs memory and start time. A collector that is away costs spans, and nothing else.
 */
export class OtlpTracing {
  private readonly provider: TracerProvider;

  constructor(private readonly options: TracingOptions) {
    const { endpoint, mode, node, logger } = options;
    diag.setLogger(diagLogger(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
    const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_MS });
    this.provider = new TracerProvider({
      // OpenTelemetry's semantic conventions for resources.
      resource: resourceFromAttributes({
        'service.name': `rose-csi-${mode}`,
        'service.version': VERSION,
        'host.name': node,
      }),
      spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_MS })],
    });
  }

  start(): void {
    trace.setGlobalTracerProvider(this.provider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  }

  /** Sends what is left. Never rejects. */
  async stop(): Promise<void> {
    await this.provider.shutdown().catch((error: unknown) => notExported(this.options.logger, String(error)));
    trace.disable();
    context.disable();
    diag.disable();
  }
}

const notExported = (logger: Logger, detail: string): void =>
  logger.warn({ detail }, 'spans could not be exported');

function diagLogger(logger: Logger): DiagLogger {
  const quiet = (): void => undefined;
  const tell = (detail: string): void => notExported(logger, detail);
  return { error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet };
}
