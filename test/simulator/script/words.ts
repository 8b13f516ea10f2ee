import { type Scalar, ScriptId } from './scalar.ts';
import { parseTime } from './time.ts';

const INT64_MAX = 2n ** 63n - 1n;
const KEYWORDS = new Map<string, Scalar>([
  // `yes` and `no` become booleans when a script is parsed (tikoci/lsp-routeros-ts, docs/parseil-format.md, 3.6).
  ['true', true],
  ['yes', true],
  ['false', false],
  ['no', false],
]);

/** What a bare word is: a boolean, a number, a time, an id, else text. Quoted text is always text. */
export function scalarOf(word: string): Scalar {
  if (KEYWORDS.has(word)) return KEYWORDS.get(word);
  if (/^\*[0-9A-Fa-f]+$/.test(word)) return new ScriptId(word.toUpperCase());
  return parseNumber(word) ?? parseTime(word) ?? word;
}

/**
 * `42`, `-7`, `0xFF`.
 * @returns undefined where the text is no number of 64 bits. ASSUMED[language-edges]: a bare word beyond them is text.
 */
export function parseNumber(text: string): bigint | undefined {
  const match = /^(-?)(\d{1,20}|0x[0-9A-Fa-f]{1,16})$/.exec(text);
  if (!match) return undefined;
  const magnitude = BigInt(match[2] ?? '');
  if (match[1] === '-') return magnitude <= INT64_MAX + 1n ? -magnitude : undefined;
  return magnitude <= INT64_MAX ? magnitude : undefined;
}
