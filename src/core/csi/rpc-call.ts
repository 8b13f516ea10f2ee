import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { CallContext } from '../call-context.ts';
import type { Logger } from '../observe/logger.ts';
import type { CsiError } from './csi-error.ts';
import type { RpcMethod } from './rpc-method.ts';

export interface RpcCallOptions {
  readonly method: RpcMethod;
  /** Names the call in the log. */
  readonly id: string;
  readonly logger: Logger;
  /** By the clock's `monotonic()`, ms. */
  readonly startedAt: number;
  /** From `startedAt` to the deadline: the caller's, or the edge's default. */
  readonly timeoutMs: number;
  /** The caller's W3C trace context, as it was sent. */
  readonly traceparent: string | undefined;
}

/** One call at the edge; the handler sees it as its `CallContext`. */
export class RpcCall implements CallContext {
  readonly method: RpcMethod;
  readonly id: string;
  readonly startedAt: number;
  readonly timeoutMs: number;
  readonly traceparent: string | undefined;
  /** Interceptors replace these on the way in. */
  logger: Logger;
  trace: Context = ROOT_CONTEXT;
  private readonly controller = new AbortController();
  private finished = false;

  constructor(options: RpcCallOptions) {
    this.method = options.method;
    this.id = options.id;
    this.startedAt = options.startedAt;
    this.timeoutMs = options.timeoutMs;
    this.traceparent = options.traceparent;
    this.logger = options.logger;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The first reason stays; after {@link finish} nothing is aborted any more. */
  abort(reason: CsiError): void {
    if (!this.finished) this.controller.abort(reason);
  }

  /** The handler has ended: grpc-js reports every normal completion as a cancellation too. */
  finish(): void {
    this.finished = true;
  }
}
