import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { shapeReply, wrapLines } from './reply-shapes.ts';

const json = fc.json().map((text) => `${text}\r\n`);
const reply = fc.array(json).map((lines) => lines.join(''));

test('wrapping breaks lines and loses nothing', () => {
  fc.assert(
    fc.property(reply, fc.integer({ min: 1, max: 200 }), (text, columns) => {
      const wrapped = wrapLines(text, columns);
      expect(wrapped.replaceAll('\r\n', '')).toBe(text.replaceAll('\r\n', ''));
      for (const line of wrapped.split('\r\n')) expect([...line].length).toBeLessThanOrEqual(columns);
      expect(wrapLines(wrapped, columns)).toBe(wrapped);
    }),
  );
});

test('what is wide enough is not wrapped', () => {
  expect(wrapLines('abc\r\n\r\nde', 3)).toBe('abc\r\n\r\nde');
});

test('half a line is a beginning of the reply, without the end of that line', () => {
  fc.assert(
    fc.property(
      fc.array(json, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 5 }),
      (lines, line) => {
        fc.pre(line <= lines.length && (lines[line - 1] ?? '').length > 3);
        const shaped = shapeReply(lines.join(''), { kind: 'half-line', line });
        expect(lines.join('').startsWith(shaped)).toBe(true);
        expect(shaped.length).toBeLessThan(lines.slice(0, line).join('').length - 2);
      },
    ),
  );
});

test('without its sentinel a reply ends with the line before', () => {
  expect(shapeReply('a\r\nb\r\n', { kind: 'sentinel-missing' })).toBe('a\r\n');
  expect(shapeReply('a\r\nb', { kind: 'sentinel-missing' })).toBe('a\r\n');
  expect(shapeReply('', { kind: 'sentinel-missing' })).toBe('');
});
