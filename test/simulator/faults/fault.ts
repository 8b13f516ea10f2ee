/**
 * When a fault of an exec strikes. With a rule for a statement, `before` and `after` are around that statement.
 * - `before`: nothing has run
 * - `{ afterStatement: k }`: the k-th statement to end (from 1) has run; `:onerror` ends after what it holds
 * - `after`: all has run, nothing of the reply has left
 * - `replied`: the reply has left, the exit status has not
 */
export type Moment = 'before' | { readonly afterStatement: number } | 'after' | 'replied';

/** Faults of a connection, before anything runs on it. */
export type ConnectionFault =
  /** The connection is reset as soon as it is made. (While the machine is down, it is refused for real.) */
  | { readonly kind: 'refuse-connection' }
  /** Every attempt to log in on that connection fails. */
  | { readonly kind: 'auth-failure' }
  /** Another host key is shown. */
  | { readonly kind: 'changed-host-key' }
  /** The connection is made, and nothing ever comes. */
  | { readonly kind: 'silent-connection' };

/** Faults that strike at a moment of an exec. */
export type MomentFault = { readonly at?: Moment } & (
  | { readonly kind: 'cut' }
  /** Packets are dropped from now on: the connection stays open, nothing arrives on either side. */
  | { readonly kind: 'silent' }
  /** Nothing happens for so long; without `ms`, until the rule is released or the session ends. */
  | { readonly kind: 'hang'; readonly ms?: number }
  /** Every session drops, the state is kept, and the machine is away for so long. */
  | { readonly kind: 'reboot'; readonly awayMs: number }
  /** The appliance's wall clock moves; its uptime does not. */
  | { readonly kind: 'clock-jump'; readonly ms: number }
);

/** The command has run, its output is lost, the connection is cut. */
export interface ReplyLost {
  readonly kind: 'reply-lost';
}

/** A statement fails instead of running. Without a statement in the rule: the first one that writes. */
export type StatementFault =
  | { readonly kind: 'disk-full' }
  | { readonly kind: 'permission-denied' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'unknown-error'; readonly text?: string };

/** The command runs, its reply arrives otherwise. */
export type ReplyFault =
  /** The n-th line (default the first) breaks off in its middle, nothing follows; exit status as always, or a cut. */
  | { readonly kind: 'half-line'; readonly line?: number; readonly end?: 'exit' | 'cut' }
  | { readonly kind: 'garbage-before'; readonly text?: string }
  | { readonly kind: 'garbage-after'; readonly text?: string }
  /** A line of its own before the first line. */
  | { readonly kind: 'stray-line'; readonly text?: string }
  /** The last line is missing. */
  | { readonly kind: 'sentinel-missing' }
  /** Lines break after so many columns, in the middle of words. */
  | { readonly kind: 'wrap'; readonly columns: number }
  /** So many bytes at a time. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  | { readonly kind: 'exit-code'; readonly code: number };

export type Fault = ConnectionFault | MomentFault | ReplyLost | StatementFault | ReplyFault;
export type FaultKind = Fault['kind'];
type Place = 'connection' | 'moment' | 'statement' | 'reply';

/** Where each kind strikes: one row a kind, so that a new one is not forgotten. */
const PLACES: Readonly<Record<FaultKind, Place>> = {
  'refuse-connection': 'connection',
  'auth-failure': 'connection',
  'changed-host-key': 'connection',
  'silent-connection': 'connection',
  cut: 'moment',
  silent: 'moment',
  hang: 'moment',
  reboot: 'moment',
  'clock-jump': 'moment',
  'reply-lost': 'moment',
  'disk-full': 'statement',
  'permission-denied': 'statement',
  busy: 'statement',
  'unknown-error': 'statement',
  'half-line': 'reply',
  'garbage-before': 'reply',
  'garbage-after': 'reply',
  'stray-line': 'reply',
  'sentinel-missing': 'reply',
  wrap: 'reply',
  drip: 'reply',
  'exit-code': 'reply',
};

export const FAULT_KINDS = Object.keys(PLACES) as FaultKind[];

export const isConnectionFault = (fault: Fault): fault is ConnectionFault =>
  PLACES[fault.kind] === 'connection';
export const isMomentFault = (fault: Fault): fault is MomentFault | ReplyLost =>
  PLACES[fault.kind] === 'moment';
export const isStatementFault = (fault: Fault): fault is StatementFault => PLACES[fault.kind] === 'statement';
export const isReplyFault = (fault: Fault): fault is ReplyFault => PLACES[fault.kind] === 'reply';

/** The moment a fault is meant for. */
export const momentOf = (fault: MomentFault | ReplyLost): Moment =>
  fault.kind === 'reply-lost' ? 'after' : (fault.at ?? 'before');

export const sameMoment = (one: Moment, other: Moment): boolean =>
  typeof one === 'object' && typeof other === 'object'
    ? one.afterStatement === other.afterStatement
    : one === other;
