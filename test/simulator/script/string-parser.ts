import type { Expression } from './ast.ts';
import { textOfBytes } from './bytes.ts';
import type { Cursor } from './cursor.ts';

/** Escapes and their bytes (manual, «Constant Escape Sequences»). */
const ESCAPES = new Map([
  ['"', 0x22],
  ['\\', 0x5c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['$', 0x24],
  ['_', 0x20],
  ['a', 0x07],
  ['b', 0x08],
  // The manual says 0xFF, a slip: form feed is 0x0C.
  ['f', 0x0c],
  ['v', 0x0b],
]);

/** What stands after a `$` in a string: a variable, `(…)` or `[…]`. */
export type Interpolation = () => Expression | undefined;

/**
 * Reads a quoted string; the cursor stands on its opening quote.
 * @param interpolation reads what follows a `$`; the cursor stands on it
 */
export function parseString(cursor: Cursor, interpolation: Interpolation): Expression {
  const opening = cursor.at++;
  const parts: Expression[] = [];
  while (!cursor.take('"')) {
    // ASSUMED[error-texts]: which column an unclosed string is reported at.
    if (cursor.ended) throw cursor.fault('syntax error', opening);
    if (cursor.peek() === '$') parts.push(parseInterpolation(cursor, interpolation));
    else parts.push({ kind: 'literal', value: parsePlain(cursor) });
  }
  const [first] = parts;
  if (first === undefined) return { kind: 'literal', value: '' };
  return parts.length === 1 && first.kind === 'literal' ? first : { kind: 'text', parts };
}

/** Reads characters and escapes up to a `$` or the closing quote. */
function parsePlain(cursor: Cursor): string {
  const bytes: number[] = [];
  while (!cursor.ended && !/["$]/.test(cursor.peek())) {
    if (cursor.peek() === '\\') bytes.push(...parseEscape(cursor));
    else for (const byte of new TextEncoder().encode(cursor.match(/[^"$\\]+/y))) bytes.push(byte);
  }
  return textOfBytes(Uint8Array.from(bytes));
}

function parseInterpolation(cursor: Cursor, interpolation: Interpolation): Expression {
  const dollar = cursor.at++;
  // ASSUMED[language-edges]: a `$` that names nothing is an error, not a character.
  const part = interpolation();
  if (part === undefined) throw cursor.fault('syntax error', dollar);
  return part;
}

/** The bytes of an escape; a backslash before the line's end joins lines and swallows the next one's indentation. */
function parseEscape(cursor: Cursor): number[] {
  const backslash = cursor.at++;
  if (cursor.match(/\r?\n[ \t]*/y)) return [];
  const named = ESCAPES.get(cursor.peek());
  if (named !== undefined) {
    cursor.at++;
    return [named];
  }
  const hex = cursor.match(/[0-9A-F]{2}/y);
  // Lower-case digits are refused (notes on 7.21, escaping, 6.2). ASSUMED[error-texts]: the column.
  if (hex === '') throw cursor.fault('syntax error', backslash);
  return [Number.parseInt(hex, 16)];
}
