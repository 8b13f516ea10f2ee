import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { quote, quoteRegex } from './quote.ts';

/** Reads a literal as the MikroTik manual describes it: `\XX` is a byte. */
function unquote(literal: string): string {
  const bytes: number[] = [];
  const inner = literal.slice(1, -1);
  for (let at = 0; at < inner.length; at += 1) {
    if (inner[at] !== '\\') {
      bytes.push(inner.charCodeAt(at));
      continue;
    }
    bytes.push(Number.parseInt(inner.slice(at + 1, at + 3), 16));
    at += 2;
  }
  return Buffer.from(bytes).toString('utf8');
}

test('a literal means the text that was quoted, and holds nothing that could end it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const literal = quote(text);
      const inner = literal.slice(1, -1);
      expect(literal.at(0)).toBe('"');
      expect(literal.at(-1)).toBe('"');
      expect(inner).toMatch(/^[\x20-\x7e]*$/);
      expect(inner).not.toMatch(/["$?]/);
      expect(inner).toMatch(/^(?:[^\\]|\\[0-9A-F]{2})*$/);
      expect(unquote(literal)).toBe(text.toWellFormed());
    }),
  );
});

test('ordinary text stays readable', () => {
  expect(quote('/raid10/csi/a-b_c.img')).toBe('"/raid10/csi/a-b_c.img"');
  expect(quote('say "hi" for $5\n')).toBe('"say \\22hi\\22 for \\245\\0A"');
});

test('a quoted regular expression matches its text and nothing else', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, other) => {
      const regex = new RegExp(`^${quoteRegex(text)}$`);
      expect(regex.test(text)).toBe(true);
      if (other !== text) expect(regex.test(other)).toBe(false);
    }),
  );
});
