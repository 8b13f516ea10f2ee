import type { ErrorKind } from '../../src/core/driver-error.ts';
import type { Fault } from '../simulator/faults/fault.ts';
import type { FaultRule } from '../simulator/faults/fault-rule.ts';
import { writes } from '../simulator/ssh/run-line.ts';

/** How the call may end that the fault strikes. It may always succeed, if the appliance is then as it should be. */
export type Ending =
  /** The outcome is not known, and the error says so. */
  | 'unknown'
  /** Nothing was sent: the error must not pretend that anything could have happened. */
  | 'not-sent'
  /** The appliance's refusal, as this kind. */
  | { readonly refused: ErrorKind }
  /** The caller gives up once the fault has struck, and gets their own reason. */
  | 'given-up'
  /** The fault is no obstacle: anything but success is wrong. */
  | 'success';

export interface FaultCase {
  readonly title: string;
  /** But for the execs that it strikes. */
  readonly rule: FaultRule;
  readonly ending: Ending;
  /** It takes others' sessions away, too. */
  readonly alone: boolean;
}

/** What an operation does where nothing goes wrong. */
export interface Rehearsal {
  readonly execs: number;
  /** The commands of all its execs, in their order. */
  readonly commands: readonly string[];
}

const ANY = /./;

/** Every fault at every point. */
export function faultCases({ execs, commands }: Rehearsal): FaultCase[] {
  const points = commands.map((_, at) => at + 1);
  const boundaries = points.filter((point) => {
    const [before, at] = [commands[point - 2], commands[point - 1]];
    const changed = (before !== undefined && writes(before)) || (at !== undefined && writes(at));
    return changed || point === 1 || point === points.length;
  });
  const replies = Array.from({ length: execs }, (_, at) => at + 1);
  return [
    ...points.map((point) => atStatement({ kind: 'cut' }, point, 'unknown')),
    ...boundaries.flatMap((point) => [
      atStatement({ kind: 'hang' }, point, 'given-up'),
      atStatement({ kind: 'silent' }, point, 'given-up'),
      atStatement({ kind: 'reboot', awayMs: 20 }, point, 'unknown', true),
    ]),
    ...replies.flatMap((exec) => [...lost(exec, execs), ...damaged(exec, execs), ...changed(exec)]),
    ...refusals(commands),
    ...connections(),
  ];
}

const atStatement = (fault: Fault, point: number, ending: Ending, alone = false): FaultCase => ({
  title: `${fault.kind} before statement ${point}`,
  rule: { fault, on: { statement: ANY }, from: point },
  ending,
  alone,
});

const atExec = (fault: Fault, exec: number, ending: Ending): FaultCase => ({
  title: `${JSON.stringify(fault)} at exec ${exec}`,
  rule: { fault, from: exec },
  ending,
  alone: fault.kind === 'reboot' || fault.kind === 'clock-jump',
});

/** Where more execs follow: an answer that was read after all, and no connection for the next. */
const unknownAt = (exec: number, execs: number): Ending =>
  exec === execs ? 'unknown' : { refused: 'unavailable' };

const lost = (exec: number, execs: number): FaultCase[] =>
  (
    [
      { kind: 'cut' },
      { kind: 'cut', at: 'after' },
      { kind: 'cut', at: 'replied' },
      { kind: 'reply-lost' },
      { kind: 'reboot', awayMs: 20, at: 'after' },
      { kind: 'half-line', end: 'cut' },
      { kind: 'half-line', end: 'cut', line: 2 },
    ] as const
  ).map((fault) => atExec(fault, exec, unknownAt(exec, execs)));

const damaged = (exec: number, execs: number): FaultCase[] =>
  (
    [
      { kind: 'half-line', end: 'exit' },
      { kind: 'half-line', end: 'exit', line: 2 },
      { kind: 'sentinel-missing' },
      { kind: 'garbage-before' },
      { kind: 'garbage-after' },
    ] as const
  ).map((fault) => atExec(fault, exec, unknownAt(exec, execs)));

const changed = (exec: number): FaultCase[] =>
  (
    [
      { kind: 'stray-line' },
      ...[7, 20, 80, 132].map((columns) => ({ kind: 'wrap', columns }) as const),
      { kind: 'drip', bytes: 50, everyMs: 1 },
      { kind: 'exit-code', code: 1 },
      { kind: 'exit-code', code: 255 },
      { kind: 'clock-jump', ms: -86_400_000 },
      { kind: 'clock-jump', ms: 86_400_000 },
    ] as const
  ).map((fault) => atExec(fault, exec, 'success'));

const KINDS = {
  'disk-full': 'exhausted',
  'permission-denied': 'permission',
  busy: 'in-use',
  'unknown-error': 'protocol',
} as const;

/** Each command that writes refuses in each way, each that reads in two. */
function refusals(commands: readonly string[]): FaultCase[] {
  const reading = /[/](find|get|print)$/;
  const writers = commands.filter(writes).map((_, at) => at + 1);
  const readers = commands.filter((command) => reading.test(command)).map((_, at) => at + 1);
  const refusal = (kind: keyof typeof KINDS, statement: RegExp | undefined, from: number): FaultCase => ({
    title: `${kind} at ${statement ? 'reading' : 'writing'} command ${from}`,
    rule: { fault: { kind }, from, ...(statement && { on: { statement } }) },
    ending: { refused: KINDS[kind] },
    alone: false,
  });
  const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];
  return [
    ...writers.flatMap((from) => kinds.map((kind) => refusal(kind, undefined, from))),
    ...readers.flatMap((from) => [
      refusal('unknown-error', reading, from),
      refusal('permission-denied', reading, from),
    ]),
  ];
}

/** The connection is gone when the operation begins, and does not come back at once. */
const connections = (): FaultCase[] =>
  (['refuse-connection', 'auth-failure', 'changed-host-key'] as const).map((kind) => ({
    title: kind,
    rule: { fault: { kind }, times: 2 },
    ending: 'not-sent',
    alone: true,
  }));
