/** Why there is no connection: the label of metrics. */
export type FailureReason =
  /** The port is closed. */
  | 'refused'
  /** No route, no address, no such name. */
  | 'unreachable'
  /** No login within the time. */
  | 'timeout'
  /** The host key is not the pinned one. */
  | 'host-key'
  /** The appliance does not take our key or password. */
  | 'permission'
  /** No common algorithm, or not SSH at all. */
  | 'handshake'
  /** The appliance ended the connection. */
  | 'closed'
  /** Nothing was heard for too long. */
  | 'silent'
  /** The `prepare` hook failed. */
  | 'prepare'
  /** We ended it. */
  | 'ended';

/** Why there is no connection, in words that an administrator can act upon. Holds no secrets. */
export class SshFailure extends Error {
  constructor(
    readonly reason: FailureReason,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'SshFailure';
  }
}

/** @param error what an attempt has thrown */
export const asFailure = (error: unknown): SshFailure =>
  error instanceof SshFailure ? error : new SshFailure('handshake', String(error), error);

/** The failure of an attempt to connect, of what the socket or ssh2 has reported. */
export function connectFailure(error: Error, user: string): SshFailure {
  const { code, level } = details(error);
  const failure = (reason: FailureReason, message: string) => new SshFailure(reason, message, error);
  if (level === 'client-authentication' || code === NO_MORE_AUTH_METHODS) {
    return failure(
      'permission',
      `login as ${JSON.stringify(user)} refused; check the user's key or password, and that its group's policy has ssh`,
    );
  }
  if (error.message.includes('no matching host key')) {
    return failure('host-key', `the appliance has no host key of the pinned type (${error.message})`);
  }
  if (code === 'ECONNREFUSED') return failure('refused', 'connection refused; is /ip/service ssh enabled?');
  if (UNREACHABLE.has(String(code))) return failure('unreachable', `not reachable (${error.message})`);
  if (CUT.has(String(code)) || error.message === 'Connection lost before handshake')
    return closedEarly(error);
  return failure('handshake', `SSH handshake failed: ${error.message}`);
}

/** The appliance ended the connection before the login, without an error. */
export const closedEarly = (cause?: unknown): SshFailure =>
  new SshFailure(
    'closed',
    'the appliance closed the connection before the login; check /ip/service ssh: address and max-sessions',
    cause,
  );

/** The loss of a connection that had stood. @param error what the socket or ssh2 has reported, if anything */
export function lossFailure(error: Error | undefined): SshFailure {
  if (error === undefined) return new SshFailure('closed', 'the appliance closed the connection');
  if (UNREACHABLE.has(String(details(error).code))) {
    return new SshFailure('silent', `the connection broke (${error.message})`, error);
  }
  return new SshFailure('closed', `the connection broke (${error.message})`, error);
}

/** RFC 4253, section 11.1. */
const NO_MORE_AUTH_METHODS = 14;
const UNREACHABLE = new Set([
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const CUT = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE']);

/** `code`: the system's, or SSH's number of a disconnection. `level`: where in ssh2 it happened. */
function details(error: Error): { code: unknown; level: unknown } {
  return {
    code: 'code' in error ? error.code : undefined,
    level: 'level' in error ? error.level : undefined,
  };
}
