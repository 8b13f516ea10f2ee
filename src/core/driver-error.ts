/**
 * The one taxonomy of what can go wrong below the gRPC edge. `core/csi/csi-error.ts` holds the one
 * table that turns a kind into a gRPC code.
 */
export const ERROR_KINDS = [
  /** The object does not exist: it was looked up, and the answer was read completely. */
  'not-found',
  /** An object of that name or a claim of that node exists, with another specification. */
  'conflict',
  /** Somebody else wrote the record between our read and our write. */
  'changed',
  /** No space, no slot, no port left. */
  'exhausted',
  /** A size outside of what can be had. */
  'out-of-range',
  /** The object is used by someone and must not be touched. */
  'in-use',
  /** The object is in a state that only a person can resolve (an edited record, a disk with foreign data). */
  'precondition',
  /** An argument that can never be right. */
  'invalid',
  /** This pool, appliance or transport cannot do it at all. */
  'unsupported',
  /** No answer could be had; see {@link DriverError.uncertain}. */
  'unavailable',
  /** The deadline passed before the work was done. */
  'timeout',
  /** The peer refuses our credentials or their rights. */
  'permission',
  /** The peer answered something that was not understood. */
  'protocol',
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

export interface DriverErrorOptions {
  /** The work may or may not have been done: its reply was lost. */
  readonly uncertain?: boolean;
  readonly cause?: unknown;
}

/** An error whose kind and message are meant for the caller: the message names the object and the remedy. */
export abstract class DriverError extends Error {
  readonly uncertain: boolean;

  constructor(
    readonly kind: ErrorKind,
    message: string,
    options: DriverErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.uncertain = options.uncertain ?? false;
  }
}
