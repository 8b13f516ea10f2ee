import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { wrapTokens } from './wrap.ts';

const word = fc.stringMatching(/^[a-z0-9=".:/-]{1,30}$/);
const token = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => ({ text: words.join(' ') }));
const tokens = fc.array(token, { minLength: 1, maxLength: 30 });
const wrapping = fc.record({
  width: fc.integer({ min: 40, max: 300 }),
  margin: fc.integer({ min: 0, max: 4 }),
  insideValues: fc.boolean(),
});

const solid = (text: string) => text.replace(/\s/g, '');

test('joining wrapped lines gives the unwrapped text, but for spaces at their ends', () => {
  fc.assert(
    fc.property(tokens, wrapping, fc.integer({ min: 0, max: 15 }), (given, how, indent) => {
      const lines = wrapTokens('', indent, given, how);
      expect(solid(lines.join(''))).toBe(solid(given.map(({ text }) => text).join('')));
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(how.width - how.margin);
      for (const line of lines) expect(line.startsWith(' '.repeat(indent))).toBe(true);
    }),
  );
});

test('lines that were broken at spaces are one line again when they are joined by a space', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), wrapping, (words, how) => {
      const lines = wrapTokens(
        '',
        5,
        words.map((text) => ({ text })),
        how,
      );
      expect(lines.map((line) => line.slice(5)).join(' ')).toBe(words.join(' '));
    }),
  );
});

test('a value breaks at its spaces, or not, by assumption; a date never does', () => {
  const given = [
    { text: 'a=1' },
    { text: 'size=1 099 511' },
    { text: 'at=2025-11-11 16:47:07', whole: true },
  ];
  const at = (insideValues: boolean) => wrapTokens('', 0, given, { width: 14, margin: 0, insideValues });
  expect(at(true)).toEqual(['a=1 size=1 099', '511', 'at=2025-11-11 ', '16:47:07']);
  expect(at(false)).toEqual(['a=1', 'size=1 099 511', 'at=2025-11-11 ', '16:47:07']);
  const wide = wrapTokens('', 0, given, { width: 30, margin: 0, insideValues: true });
  expect(wide).toEqual(['a=1 size=1 099 511', 'at=2025-11-11 16:47:07']);
});

test('a token longer than a line is cut where the line ends', () => {
  const lines = wrapTokens('', 2, [{ text: 'x'.repeat(25) }], { width: 12, margin: 0, insideValues: true });
  expect(lines).toEqual([`  ${'x'.repeat(10)}`, `  ${'x'.repeat(10)}`, `  ${'x'.repeat(5)}`]);
});
