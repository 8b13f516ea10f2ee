import { DriverError, type ErrorKind } from '../core/driver-error.ts';

/** What the API server refused, or that it could not be asked. `not-found` and `conflict` are answers, too. */
export class KubernetesError extends DriverError {
  constructor(
    kind: ErrorKind,
    message: string,
    /** The HTTP status; undefined where there was no answer. */
    readonly status?: number,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {},
  ) {
    super(kind, message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }

  /** The API server's own wish (429, 503), ms. */
  readonly retryAfterMs: number | undefined;
}

/** What HTTP statuses of the API server mean; the others below 500 are requests that can never be right. */
const KINDS: Readonly<Record<number, ErrorKind>> = {
  401: 'permission',
  403: 'permission',
  404: 'not-found',
  // AlreadyExists, and a resourceVersion or a precondition that no longer holds.
  409: 'conflict',
  // Expired: a resourceVersion or a continue token that the server has compacted.
  410: 'changed',
  429: 'unavailable',
};

const kindOf = (status: number): ErrorKind => KINDS[status] ?? (status >= 500 ? 'unavailable' : 'invalid');

/** An answer that is no success. @param body the `Status` object, or whatever came */
export function refused(what: string, status: number, body: unknown, retryAfter?: string): KubernetesError {
  const seconds = Number(retryAfter);
  return new KubernetesError(kindOf(status), `${what}: HTTP ${status} ${messageOf(body)}`, status, {
    ...(retryAfter !== undefined && Number.isFinite(seconds) && { retryAfterMs: seconds * 1000 }),
  });
}

/** The request may have arrived, or not: there was no answer. */
export function unanswered(what: string, error: unknown): KubernetesError {
  const reason = error instanceof Error ? error.message : String(error);
  return new KubernetesError('unavailable', `${what}: the API server does not answer: ${reason}`, undefined, {
    cause: error,
  });
}

export const isNotFound = (error: unknown): boolean =>
  error instanceof KubernetesError && error.kind === 'not-found';

export const isConflict = (error: unknown): boolean =>
  error instanceof KubernetesError && error.kind === 'conflict';

const TEXT_MAX = 300;

function messageOf(body: unknown): string {
  const parsed = typeof body === 'string' ? parse(body) : body;
  if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) {
    return String(parsed.message).slice(0, TEXT_MAX);
  }
  return typeof body === 'string' ? body.slice(0, TEXT_MAX) : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
