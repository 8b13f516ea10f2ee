import type { Builtin, BuiltinCall } from './builtin.ts';
import { bytesOf, textOfBytes } from './bytes.ts';
import { equal, isEmpty } from './compare.ts';
import { textOf } from './print.ts';
import { ScriptError } from './script-error.ts';
import { parseTime } from './time.ts';
import { ScriptArray, ScriptId, ScriptTime, typeOf, type Value } from './value.ts';
import { parseNumber, scalarOf } from './words.ts';

const RANGE_MAX = 100_000n;
const SECOND = 1_000_000_000n;

/** `:len`, `:pick`, `:find`, `:typeof`, and the conversions; one that fails gives nil (manual). */
export const VALUES: Record<string, Builtin> = {
  typeof: async (call) => typeOf(await call.required('value')),
  len: async (call) => length(await call.required('value')),
  tostr: async (call) => textOf(await call.required('value')),
  tonum: async (call) => toNumber(await call.required('value')),
  tobool: async (call) => toBoolean(await call.required('value')),
  toid: async (call) => toId(await call.required('value')),
  totime: async (call) => toTime(await call.required('value')),
  tonsec: async (call) => toTime(await call.required('value'))?.ns ?? null,
  toarray: async (call) => toArray(await call.required('value'), await call.optional('delimiter')),

  async pick(call) {
    const [value, begin] = [await call.required('counter'), await position(call, 'begin')];
    const end = call.has('end') ? await position(call, 'end') : undefined;
    return pick(value, begin, end);
  },

  /**
   * The position of a text or an element; nil where there is none. `from=-1` searches all (manual: `:find "abc" "a"
   * -1`). ASSUMED[language-edges]: so the search begins behind `from`.
   */
  async find(call) {
    const [value, key] = [await call.required('in'), await call.required('key')];
    const after = call.has('from') ? await position(call, 'from') : -1;
    if (value instanceof ScriptArray) {
      return (
        value.entries().find(([at, element]) => !(Number(at) <= after) && equal(element, key))?.[0] ?? null
      );
    }
    const at = Buffer.from(bytesOf(textOf(value))).indexOf(bytesOf(textOf(key)), Math.max(after + 1, 0));
    return at < 0 ? null : BigInt(at);
  },

  async range(call) {
    const [from, to] = [await call.required('from'), await call.required('to')];
    if (typeof from !== 'bigint' || typeof to !== 'bigint')
      throw new ScriptError('invalid value for argument from');
    if (to - from > RANGE_MAX) throw new ScriptError('not enough memory');
    return new ScriptArray(
      Array.from({ length: Math.max(Number(to - from) + 1, 0) }, (_, index) => from + BigInt(index)),
    );
  },
};

/** Bytes of a text, elements of an array, 0 of nothing. ASSUMED[language-edges]: of other values, their text's. */
function length(value: Value): bigint {
  return BigInt(value instanceof ScriptArray ? value.size : bytesOf(textOf(value)).length);
}

/** From `begin`, `end` not included; of an array without `end` the one element (manual, `:pick`). */
function pick(value: Value, begin: number, end: number | undefined): Value {
  if (value instanceof ScriptArray) {
    if (end === undefined) return value.entries()[begin]?.[1];
    const picked = value.entries().slice(begin, end);
    return new ScriptArray(
      picked.flatMap(([key, element]) => (typeof key === 'bigint' ? [element] : [])),
      picked.flatMap(([key, element]) => (typeof key === 'string' ? [[key, element] as const] : [])),
    );
  }
  // ASSUMED[language-edges]: of a text without `end` it is the one character.
  return textOfBytes(bytesOf(textOf(value)).slice(begin, end ?? begin + 1));
}

async function position(call: BuiltinCall, name: string): Promise<number> {
  const value = toNumber(await call.required(name));
  if (value === null) throw new ScriptError(`invalid value for argument ${name}`);
  return Number(value);
}

/** Whole numbers only: neither `23.8` nor `" 100 "` nor `true` (notes on 7.21, types, 2.1). ASSUMED[language-edges]: times in seconds. */
function toNumber(value: Value): bigint | null {
  if (typeof value === 'bigint') return value;
  if (value instanceof ScriptTime) return value.ns / SECOND;
  return typeof value === 'string' ? (parseNumber(value) ?? null) : null;
}

/** Numbers only; `"yes"` gives nil (notes on 7.21, types, 2.4). */
function toBoolean(value: Value): boolean | null {
  if (typeof value === 'boolean') return value;
  return typeof value === 'bigint' ? value !== 0n : null;
}

function toId(value: Value): ScriptId | null {
  if (value instanceof ScriptId) return value;
  const read = scalarOf(textOf(value));
  return read instanceof ScriptId ? read : null;
}

/** ASSUMED[language-edges]: a number is one of seconds. */
function toTime(value: Value): ScriptTime | null {
  if (value instanceof ScriptTime) return value;
  const text = textOf(value);
  const seconds = parseNumber(text);
  return seconds === undefined ? (parseTime(text) ?? null) : new ScriptTime(seconds * SECOND);
}

/** Splits at commas, or at another delimiter; an empty text is an empty array (tikoci/routeros-skills, scripting). */
function toArray(value: Value, delimiter: Value): Value {
  if (value instanceof ScriptArray) return value;
  if (isEmpty(value) || value === '') return new ScriptArray();
  // ASSUMED[language-edges]: `a;b` is split too where no delimiter is given, and elements stay text.
  const parts = isEmpty(delimiter) ? textOf(value).split(/[,;]/) : textOf(value).split(textOf(delimiter));
  return new ScriptArray(parts);
}
