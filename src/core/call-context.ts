import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';
import { type Logger, silentLogger } from './observe/logger.ts';

/** What goes along with every operation, from the edge down to the last command. */
export interface CallContext {
  /** Aborts at the caller's cancellation or deadline; the reason is a `DriverError` or `CsiError`. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** OpenTelemetry's context: spans that are started below become children of the call's. */
  readonly trace: Context;
}

/** A context for work that no caller asked for: start-up, tests, commands. */
export function detachedContext(signal: AbortSignal, logger: Logger = silentLogger): CallContext {
  return { signal, logger, trace: ROOT_CONTEXT };
}
