import type { BinaryOperator, UnaryOperator } from './ast.ts';
import { join } from './bytes.ts';
import { equal, isEmpty, less, nameOf } from './compare.ts';
import { textOf } from './print.ts';
import { PosixRegex } from './regex.ts';
import { RegexFault } from './regex-parser.ts';
import { ScriptError } from './script-error.ts';
import { ScriptArray, ScriptTime, type Value } from './value.ts';
import { parseNumber } from './words.ts';

/** ASSUMED[language-limits]: a string can not grow beyond this; it keeps a script that doubles one from filling the memory. */
const TEXT_MAX = 16 * 1024 * 1024;

type Operation = (left: Value, right: Value) => Value;

const OPERATIONS: Record<BinaryOperator, Operation> = {
  // Both sides are evaluated before they come here: there is no short circuit (notes on 7.21, flow control, 11.1).
  '||': (left, right) => boolean(left) || boolean(right),
  '&&': (left, right) => boolean(left) && boolean(right),
  '=': equal,
  '!=': (left, right) => !equal(left, right),
  '<': (left, right) => less(left, right, 'less'),
  '>': (left, right) => less(right, left, 'more'),
  '<=': (left, right) => equal(left, right) || less(left, right, 'less'),
  '>=': (left, right) => equal(left, right) || less(right, left, 'more'),
  '~': matches,
  in: contains,
  ',': (left, right) =>
    new ScriptArray([...listOf(left), ...listOf(right)], [...mapOf(left), ...mapOf(right)]),
  '.': concatenate,
  '+': (left, right) => arithmetic('add', left, right),
  '-': (left, right) => arithmetic('subtract', left, right),
  '*': (left, right) => arithmetic('multiply', left, right),
  '/': (left, right) => arithmetic('divide', left, right),
  '%': (left, right) => arithmetic('modulo', left, right),
  '|': (left, right) => bitwise(left, right, (a, b) => a | b),
  '^': (left, right) => bitwise(left, right, (a, b) => a ^ b),
  '&': (left, right) => bitwise(left, right, (a, b) => a & b),
  '<<': (left, right) => bitwise(left, right, (a, b) => a << shift(b)),
  '>>': (left, right) => bitwise(left, right, (a, b) => a >> shift(b)),
  '->': elementOf,
};

/** @throws ScriptError the operator does not take such values */
export const applyBinary = (operator: BinaryOperator, left: Value, right: Value): Value =>
  OPERATIONS[operator](left, right);

/** @throws ScriptError the operator does not take such a value */
export function applyUnary(operator: UnaryOperator, value: Value): Value {
  if (operator === '-' && value instanceof ScriptTime) return new ScriptTime(-value.ns);
  if (operator === '-') return wrap(-number(value, 'negate'));
  if (operator === '~') return wrap(~number(value, 'invert bits of'));
  if (typeof value === 'boolean') return !value;
  if (isEmpty(value)) return true;
  if (typeof value === 'bigint') return value === 0n;
  // «cannot invert string» on 7.24 (a configuration manager's notes). ASSUMED[language-edges]: other types.
  throw new ScriptError(`cannot invert ${nameOf(value)}`);
}

/**
 * Whether a condition holds. Numbers do unless they are 0 (notes on 7.21, flow control, 1.3).
 * ASSUMED[language-edges]: nothing and nil do not hold.
 * @throws ScriptError `conditional not boolean`
 */
export function condition(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value !== 0n;
  if (isEmpty(value)) return false;
  throw new ScriptError('conditional not boolean');
}

/** `.`: joins texts; with an array on a side, its elements one by one (tikoci/routeros-skills, scripting). */
function concatenate(left: Value, right: Value): Value {
  if (left instanceof ScriptArray) return each(left, (element) => concatenate(element, right));
  if (right instanceof ScriptArray) return each(right, (element) => concatenate(left, element));
  const [first, second] = [textOf(left), textOf(right)];
  if (first.length + second.length > TEXT_MAX) throw new ScriptError('not enough memory');
  return join(first, second);
}

const each = (array: ScriptArray, change: (element: Value) => Value): ScriptArray =>
  new ScriptArray(
    array.list.map(change),
    [...array.map].map(([key, element]) => [key, change(element)] as const),
  );

/** An element by key or position; nothing where there is none (notes on 7.21, errors, 7). */
export function elementOf(container: Value, key: Value): Value {
  if (!(container instanceof ScriptArray)) return undefined;
  if (typeof key === 'bigint') return container.entries()[Number(key)]?.[1];
  return container.map.get(textOf(key));
}

function matches(left: Value, right: Value): boolean {
  try {
    const regex = regexOf(textOf(right));
    // ASSUMED[language-edges]: an array matches where one of its elements does.
    return left instanceof ScriptArray
      ? left.entries().some(([, element]) => regex.test(textOf(element)))
      : regex.test(textOf(left));
  } catch (error) {
    // ASSUMED[error-texts]: the wording.
    if (error instanceof RegexFault) throw new ScriptError(`invalid regular expression: ${error.message}`);
    throw error;
  }
}

/** Compiled expressions: a `where` asks many rows with one. */
const REGEXES = new Map<string, PosixRegex>();
const REGEXES_MAX = 100;

function regexOf(source: string): PosixRegex {
  const known = REGEXES.get(source);
  if (known) return known;
  const regex = new PosixRegex(source);
  if (REGEXES.size >= REGEXES_MAX) REGEXES.clear();
  REGEXES.set(source, regex);
  return regex;
}

/** `in`. ASSUMED[language-edges]: membership in an array; for addresses, prefixes of IPv4. */
function contains(left: Value, right: Value): boolean {
  if (right instanceof ScriptArray) return right.entries().some(([, element]) => equal(element, left));
  const [inner, outer] = [prefixOf(textOf(left)), prefixOf(textOf(right))];
  if (!inner || !outer) throw new ScriptError(`cannot check if ${nameOf(left)} is in ${nameOf(right)}`);
  const shifted = 32n - outer.length;
  return inner.length >= outer.length && inner.address >> shifted === outer.address >> shifted;
}

function prefixOf(text: string): { address: bigint; length: bigint } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const address = match.slice(1, 5).reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  return { address, length: BigInt(match[5] ?? 32) };
}

type Arithmetic = 'add' | 'subtract' | 'multiply' | 'divide' | 'modulo';

/** A string of digits counts as a number, nothing as 0 (notes on 7.21, types, 4.1 and 4.3); results wrap (5.4). */
function arithmetic(operation: Arithmetic, left: Value, right: Value): Value {
  const [a, b] = [quantity(left), quantity(right)];
  const isTime = left instanceof ScriptTime || right instanceof ScriptTime;
  if (a === undefined || b === undefined || (isTime && !timesMix(operation, left, right))) {
    // The form is the manual's of 2.9: «cannot add ip address to ip address».
    throw new ScriptError(
      `cannot ${operation} ${nameOf(left)} ${operation === 'add' ? 'to' : 'and'} ${nameOf(right)}`,
    );
  }
  const result = wrap(calculate(operation, a, b));
  const isSpan = isTime && !(operation === 'divide' && right instanceof ScriptTime);
  return isSpan ? new ScriptTime(result) : result;
}

/** Times are added to and taken from times, and multiplied and divided by numbers. */
function timesMix(operation: Arithmetic, left: Value, right: Value): boolean {
  const both = left instanceof ScriptTime && right instanceof ScriptTime;
  if (operation === 'multiply') return !both;
  return operation === 'divide' ? left instanceof ScriptTime : both;
}

function calculate(operation: Arithmetic, a: bigint, b: bigint): bigint {
  if (operation === 'add') return a + b;
  if (operation === 'subtract') return a - b;
  if (operation === 'multiply') return a * b;
  // ASSUMED[error-texts]: the wording.
  if (b === 0n) throw new ScriptError('division by zero');
  return operation === 'divide' ? a / b : a % b;
}

function quantity(value: Value): bigint | undefined {
  if (isEmpty(value)) return 0n;
  if (value instanceof ScriptTime) return value.ns;
  const read = typeof value === 'string' ? parseNumber(value) : value;
  return typeof read === 'bigint' ? read : undefined;
}

function number(value: Value, operation: string): bigint {
  const read = value instanceof ScriptTime ? undefined : quantity(value);
  if (read === undefined) throw new ScriptError(`cannot ${operation} ${nameOf(value)}`);
  return read;
}

const bitwise = (left: Value, right: Value, combine: (a: bigint, b: bigint) => bigint): bigint =>
  wrap(combine(number(left, 'combine bits of'), number(right, 'combine bits of')));

/** ASSUMED[language-edges]: shifts beyond the width are taken modulo 64, as processors do. */
const shift = (by: bigint): bigint => by & 63n;

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

function boolean(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value !== 0n;
  if (isEmpty(value)) return false;
  // ASSUMED[error-texts]: the wording.
  throw new ScriptError(`cannot do logical operation on ${nameOf(value)}`);
}

const listOf = (value: Value): readonly Value[] =>
  value instanceof ScriptArray ? value.list : isEmpty(value) ? [] : [value];
const mapOf = (value: Value): Iterable<readonly [string, Value]> =>
  value instanceof ScriptArray ? value.map : [];
