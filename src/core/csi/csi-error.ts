import { status } from '@grpc/grpc-js';
import { DriverError, type ErrorKind } from '../driver-error.ts';

/** The one translation from kinds to gRPC codes; CSI v1.13 section "Error Scheme" says what each makes a CO do. */
const CODES: Readonly<Record<ErrorKind, status>> = {
  'not-found': status.NOT_FOUND,
  conflict: status.ALREADY_EXISTS,
  changed: status.ABORTED,
  exhausted: status.RESOURCE_EXHAUSTED,
  'out-of-range': status.OUT_OF_RANGE,
  'in-use': status.FAILED_PRECONDITION,
  precondition: status.FAILED_PRECONDITION,
  invalid: status.INVALID_ARGUMENT,
  unsupported: status.FAILED_PRECONDITION,
  unavailable: status.UNAVAILABLE,
  timeout: status.DEADLINE_EXCEEDED,
  permission: status.PERMISSION_DENIED,
  protocol: status.INTERNAL,
};

/** What an unknown failure tells the caller; its own text stays in the log, since it may hold anything. */
const UNKNOWN_FAILURE = 'internal error; the driver log has the details under this request id';

/** An error as the gRPC client sees it: a code and a text for people. */
export class CsiError extends Error {
  constructor(
    readonly code: status,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = 'CsiError';
  }

  /** The only translation of whatever was thrown. */
  static from(thrown: unknown): CsiError {
    if (thrown instanceof CsiError) return thrown;
    if (thrown instanceof DriverError) {
      return new CsiError(CODES[thrown.kind], thrown.message, { cause: thrown });
    }
    return new CsiError(status.INTERNAL, UNKNOWN_FAILURE, { cause: thrown });
  }

  /** The code's name as gRPC writes it, such as `NOT_FOUND`. */
  get codeName(): string {
    return status[this.code];
  }
}

export const invalidArgument = (message: string): CsiError => new CsiError(status.INVALID_ARGUMENT, message);
