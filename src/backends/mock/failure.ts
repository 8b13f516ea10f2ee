import { DriverError, type ErrorKind } from '../../core/driver-error.ts';
import { BackendError } from '../../core/storage/backend-error.ts';

/** What Linux says (errno(3)) where a person must act; any other failure of the data folder may pass. */
const ERRNO_KINDS: Readonly<Record<string, ErrorKind>> = {
  ENOSPC: 'exhausted',
  EDQUOT: 'exhausted',
  EACCES: 'permission',
  EPERM: 'permission',
  EROFS: 'permission',
};

/**
 * The error that leaves the port. Errors of ours and the signal's reason stay as they are; a failed system call,
 * whose message names the file, may have happened half-way: it is `uncertain`.
 */
export function asBackendError(thrown: unknown, operation: string, signal: AbortSignal): Error {
  if (thrown instanceof DriverError) return thrown;
  if (signal.aborted && thrown === signal.reason) return abortError(signal, operation);
  const errno = errnoOf(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (errno !== undefined) {
    const kind = ERRNO_KINDS[errno] ?? 'unavailable';
    return new BackendError(kind, `${operation}: the data folder failed: ${message}`, {
      uncertain: kind === 'unavailable',
      cause: thrown,
    });
  }
  return new BackendError('protocol', `${operation}: the mock backend failed: ${message}`, { cause: thrown });
}

/** The reason of an aborted signal, or a `timeout` where it is no error. */
export function abortError(signal: AbortSignal, operation: string): Error {
  const { reason } = signal;
  return reason instanceof Error ? reason : new BackendError('timeout', `${operation} was cancelled`);
}

/** The errno name of a failed system call, such as `ENOENT`. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return undefined;
  return /^E[A-Z0-9]+$/.test(thrown.code) ? thrown.code : undefined;
}
