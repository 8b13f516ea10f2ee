import { bytesOf } from './bytes.ts';
import { formatTime } from './time.ts';
import { ScriptArray, ScriptCode, ScriptId, ScriptTime, type Value } from './value.ts';

const NAMED = new Map([
  [0x22, '\\"'],
  [0x24, '\\$'],
  [0x5c, '\\\\'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
]);

/** A string as a script writes it: printable ASCII as it is, other bytes as upper-case `\XX`. */
export function quoteText(text: string): string {
  const escaped = [...bytesOf(text)].map((byte) => {
    const plain = byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : undefined;
    return NAMED.get(byte) ?? plain ?? `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `"${escaped.join('')}"`;
}

/** Source text that evaluates to the value. Code has none. */
export function literalOf(value: Value): string {
  if (value === undefined) return '[:nothing]';
  if (value === null) return '[]';
  if (value instanceof ScriptTime) return formatTime(value);
  if (value instanceof ScriptId) return value.text;
  if (value instanceof ScriptCode) throw new TypeError('code has no literal');
  if (value instanceof ScriptArray) return arrayLiteral(value);
  return typeof value === 'string' ? quoteText(value) : value.toString();
}

function arrayLiteral(array: ScriptArray): string {
  if (array.size === 0) return '({})';
  const keyed = [...array.map].map(([key, element]) => `${quoteText(key)}=${literalOf(element)}`);
  return `{${[...array.list.map(literalOf), ...keyed].join(';')}}`;
}
