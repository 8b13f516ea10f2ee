import {
  asJson,
  assign,
  type Code,
  type CommandUse,
  concatenation,
  equals,
  greater,
  length,
  local,
  map,
  type Operand,
  onError,
  plus,
  put,
  raise,
  seconds,
  sequence,
  variable,
  when,
} from './code.ts';
import { setting } from './command.ts';
import { internLiterals } from './intern-literals.ts';

/** What begins the text of errors that our own scripts raise. */
export const REFUSAL = 'rose-csi: ';
const LATE = 'late';
/** No script is longer, in bytes. The gate sends a line of this length at each connection, so that what fits is known. */
export const LONGEST_LINE = 8192;

/**
 * One character of two bytes: its length says what the appliance counts, and so what the lengths of lines mean.
 * ASSUMED[len-bytes]: bytes.
 */
const TWO_BYTES = 'ä';

/** One operation: one line, sent once. */
export interface Script {
  readonly line: string;
  /** Begins each line of the answer; drawn anew for each script. */
  readonly nonce: string;
  readonly uses: readonly CommandUse[];
}

/** One line of the answer. Needs the prologue of {@link script}. */
export const answer = (kind: string, value: Operand): Code =>
  sequence([
    local('j', asJson(map({ [kind]: value }))),
    put(concatenation(variable('m'), length(variable('j')), ':', variable('j'))),
    assign('q', plus(variable('q'), 1)),
  ]);

/** Says that all is done that the script was for: what fails from here on only reads what became of it. */
export const done = (): Code => assign('s', 1);

/** Ends the script: `reason` is read back by `reply.ts`, what was done before stays done. */
export const refuse = (reason: string): Code => raise(REFUSAL + reason);

/**
 * A whole script: it refuses to begin after `deadlineUptimeS` of the appliance's own uptime (s), so that a line that
 * the network held back changes nothing; catches what fails; and closes with the number of lines that it answered, so
 * that a cut answer is known as such. Exit statuses tell nothing: RouterOS exits 0 on errors.
 *
 * ASSUMED[time-literal]: a time can be compared with a literal such as `12345s`.
 */
export function script(nonce: string, deadlineUptimeS: number | undefined, body: readonly Code[]): Script {
  const late = greater(setting('/system/resource', 'uptime'), seconds(deadlineUptimeS ?? 0));
  const guard = deadlineUptimeS === undefined ? [] : [when(late, [refuse(LATE)])];
  const code = sequence([
    local('m', nonce),
    local('q', 0),
    local('s', 0),
    onError(
      'e',
      [...guard, ...body],
      [when(equals(variable('s'), 1), [answer('unread', variable('e'))], [answer('error', variable('e'))])],
    ),
    put(concatenation(variable('m'), '.end', variable('q'), '.', length(TWO_BYTES), '.')),
  ]);
  return {
    line: internLiterals(code.text),
    nonce,
    get uses() {
      return code.uses;
    },
  };
}

/** Whether a refusal says that the script came too late, and so did nothing. */
export const isLate = (reason: string): boolean => reason === LATE;
