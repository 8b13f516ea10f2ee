import { textOf } from './print.ts';
import { ScriptArray, type Value } from './value.ts';

export interface JsonOptions {
  /** `json.pretty`: one element a line. */
  readonly pretty: boolean;
  /** `json.no-string-conversion`: strings stay strings. */
  readonly keepStrings: boolean;
}

/**
 * `:serialize to=json`. Lists become arrays, keyed arrays objects with sorted keys, an empty array `[]`; numbers are
 * exact; nothing and nil are null; times, ids and code their text (notes on 7.21, JSON). Unless strings are kept, one
 * that looks like a number becomes a float: `"1234"` is `1234.000000` (manual, `:serialize`).
 */
export function writeJson(value: Value, options: JsonOptions, indent = ''): string {
  if (value instanceof ScriptArray) return writeArray(value, options, indent);
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'bigint' || typeof value === 'boolean') return value.toString();
  const text = textOf(value);
  const asNumber = !options.keepStrings && typeof value === 'string' ? float(text) : undefined;
  return asNumber ?? quoted(text);
}

function writeArray(array: ScriptArray, options: JsonOptions, indent: string): string {
  const inner = options.pretty ? `${indent}  ` : '';
  const write = (element: Value) => writeJson(element, options, inner);
  if (array.map.size === 0) return enclosed('[]', array.list.map(write), options, indent);
  // ASSUMED[language-edges]: a mixed array is an object in which elements without keys have their positions as keys.
  const { map } = new ScriptArray(
    [],
    array.entries().map(([key, element]) => [key.toString(), element] as const),
  );
  const colon = options.pretty ? ': ' : ':';
  const entries = [...map].map(([key, element]) => `${quoted(key)}${colon}${write(element)}`);
  return enclosed('{}', entries, options, indent);
}

function enclosed(
  brackets: '[]' | '{}',
  parts: readonly string[],
  { pretty }: JsonOptions,
  indent: string,
): string {
  const [open, close] = brackets;
  if (!pretty || parts.length === 0) return `${open}${parts.join(',')}${close}`;
  // ASSUMED[language-edges]: two blanks a level; the notes on 7.21 show that much.
  return `${open}\n${parts.map((part) => `${indent}  ${part}`).join(',\n')}\n${indent}${close}`;
}

/** A text that is a number, with six digits after the point. ASSUMED[language-edges]: which texts count, and that signs do. */
function float(text: string): string | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  if (fraction === '') return `${sign}${BigInt(whole)}.000000`;
  return Math.abs(Number(text)) < 1e15
    ? Number(text).toFixed(6)
    : `${sign}${BigInt(whole)}.${fraction.padEnd(6, '0').slice(0, 6)}`;
}

/** ASSUMED[json-escapes]: only quotes, backslashes and control characters are escaped; other text stays as it is. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(/\\u(d[c-f][0-9a-f]{2})/g, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
