import {
  assign,
  asText,
  both,
  type Code,
  concatenation,
  divide,
  element,
  equals,
  firstOf,
  length,
  list,
  local,
  matches,
  type Operand,
  onError,
  plus,
  position,
  property,
  raise,
  variable,
} from '../../script/code.ts';
import { find } from '../../script/command.ts';
import { answer } from '../../script/script.ts';
import { allAnswered } from '../answers.ts';
import { type Check, failed, ok, warning } from '../check.ts';
import type { Patient } from '../patient.ts';

interface Expectation {
  readonly what: string;
  readonly before?: readonly Code[];
  readonly value: Operand;
  readonly wanted: unknown;
  /** Another answer with which the driver lives. */
  readonly bearable?: unknown;
}

const HARD_TEXT = 'a"b\\c$d;e\ne\tf [g] {h} é';

const EXPECTATIONS: readonly Expectation[] = [
  { what: 'texts come back as they went', value: HARD_TEXT, wanted: HARD_TEXT },
  { what: 'digits in quotes stay text', value: '12345', wanted: '12345' },
  { what: 'integers of 64 bits are exact', value: plus(9007199254740993n, 0), wanted: 9007199254740993n },
  { what: 'conditions become booleans', value: both(equals(1, 1), equals('a', 'a')), wanted: true },
  { what: ':len counts bytes', value: length('é'), wanted: 2, bearable: 1 },
  { what: ':find gives nil for what is not there', value: position('abc', 'z'), wanted: null, bearable: '' },
  { what: 'numbers become text', value: concatenation('a', asText(42)), wanted: 'a42' },
  { what: 'whole numbers divide to whole numbers', value: divide(7, 2), wanted: 3 },
  { what: 'arrays by position', value: element(list(['a', 'b']), 1), wanted: 'b' },
  { what: 'the first of an array', value: firstOf(list(['a', 'b'])), wanted: 'a' },
  {
    what: 'regular expressions are POSIX extended',
    value: matches('csi-a.b', '^csi-[-.01a]+[.](b|c)$'),
    wanted: true,
  },
  {
    what: 'a variable in where is not taken for a property',
    before: [local('n', 'ssh')],
    value: length(find('/ip/service', equals(property('name'), variable('n')))),
    wanted: 1,
  },
  {
    what: 'an error that was raised can be caught',
    before: [local('v', ''), onError('x', [raise('boom')], [assign('v', variable('x'))])],
    value: matches(variable('v'), 'boom'),
    wanted: true,
  },
];

export const LANGUAGE: Check = {
  id: 'language',
  title: 'scripts do what the driver thinks they do',
  needs: ['login'],
  settles: ['len-bytes', 'find-nil', 'json-escapes', 'comparisons'],
  run: async (patient) => {
    const wrong: string[] = [];
    const odd: string[] = [];
    for (const expectation of EXPECTATIONS) {
      const { what, wanted, bearable } = expectation;
      const seen = await ask(patient, expectation);
      if (same(seen, wanted)) continue;
      (bearable !== undefined && same(seen, bearable) ? odd : wrong).push(
        `${what}: ${show(seen)}, not ${show(wanted)}`,
      );
    }
    if (wrong.length > 0)
      return failed(wrong.join('; '), 'the driver cannot rely on this appliance; please report it');
    if (odd.length > 0) return warning(odd.join('; '), 'the driver can live with it; please report it');
    return ok(`${EXPECTATIONS.length} constructs`);
  },
};

/** What it gives; an Error's text where it gives nothing. */
async function ask(patient: Patient, { before = [], value }: Expectation): Promise<unknown> {
  try {
    const reply = await patient.ask('language', [...before, answer('value', value)]);
    const [seen] = allAnswered(reply, 'value');
    return reply.error === undefined ? seen : `error ${reply.error}`;
  } catch (error) {
    patient.signal.throwIfAborted();
    return `error ${error instanceof Error ? error.message : String(error)}`;
  }
}

const same = (seen: unknown, wanted: unknown): boolean =>
  seen === wanted || (wanted === null && seen === undefined);
const show = (value: unknown): string => (typeof value === 'bigint' ? String(value) : JSON.stringify(value));
