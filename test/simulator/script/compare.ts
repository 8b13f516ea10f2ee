import { textOf } from './print.ts';
import { ScriptError } from './script-error.ts';
import { ScriptArray, ScriptId, ScriptTime, type Value } from './value.ts';
import { parseNumber } from './words.ts';

const NANOSECONDS = 1_000_000_000n;

/**
 * `=`. A string of digits equals its number, a boolean no number (notes on 7.21, types, 6.3).
 * ASSUMED[comparisons]: an id equals its text; nothing and nil equal each other and the empty string; a boolean equals no string,
 * so `disabled="yes"` never holds; a number equals that many seconds.
 */
export function equal(left: Value, right: Value): boolean {
  if (left instanceof ScriptArray && right instanceof ScriptArray) return equalArrays(left, right);
  if (left instanceof ScriptArray || right instanceof ScriptArray) return false;
  if (typeof left === 'boolean' || typeof right === 'boolean') return left === right;
  if (isEmpty(left) || isEmpty(right)) return textOf(left) === textOf(right);
  const numbers = comparable(left, right);
  return numbers ? numbers[0] === numbers[1] : textOf(left) === textOf(right);
}

/**
 * `<`: numbers, times, and nothing, which is below everything (manual, `:nothing`). Strings have no order.
 * @throws ScriptError
 */
export function less(left: Value, right: Value, wording: 'less' | 'more'): boolean {
  const empties = [isEmpty(left), isEmpty(right)];
  if (empties[0] || empties[1]) return empties[0] === true && !empties[1];
  const numbers = comparable(left, right);
  if (numbers) return numbers[0] < numbers[1];
  // «cannot compare if string is less than string» stands in a hotspot project's sources. ASSUMED[language-edges]: other types.
  const [first, second] = wording === 'less' ? [left, right] : [right, left];
  throw new ScriptError(`cannot compare if ${nameOf(first)} is ${wording} than ${nameOf(second)}`);
}

/** A value's type in error messages. ASSUMED[error-texts], but for `string`. */
export function nameOf(value: Value): string {
  if (isEmpty(value)) return 'nothing';
  if (value instanceof ScriptTime) return 'time interval';
  if (value instanceof ScriptId) return 'internal number';
  if (value instanceof ScriptArray) return 'array';
  return (
    { boolean: 'boolean', bigint: 'integer number', string: 'string' }[typeof value as 'string'] ?? 'code'
  );
}

export const isEmpty = (value: Value): value is null | undefined => value === undefined || value === null;

/** Both as numbers, or both as nanoseconds; undefined where they are neither. */
function comparable(left: Value, right: Value): readonly [bigint, bigint] | undefined {
  if (typeof left === 'string' && typeof right === 'string') return undefined;
  const scale = left instanceof ScriptTime || right instanceof ScriptTime ? NANOSECONDS : 1n;
  const numbers = [measure(left, scale), measure(right, scale)] as const;
  return numbers[0] === undefined || numbers[1] === undefined ? undefined : [numbers[0], numbers[1]];
}

function measure(value: Value, scale: bigint): bigint | undefined {
  if (value instanceof ScriptTime) return value.ns;
  const number = typeof value === 'string' ? parseNumber(value) : value;
  return typeof number === 'bigint' ? number * scale : undefined;
}

function equalArrays(left: ScriptArray, right: ScriptArray): boolean {
  if (left.list.length !== right.list.length || left.map.size !== right.map.size) return false;
  return (
    left.list.every((value, index) => equal(value, right.list[index])) &&
    [...left.map].every(([key, value]) => right.map.has(key) && equal(value, right.map.get(key)))
  );
}
