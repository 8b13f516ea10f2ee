import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { quote } from './quote.ts';

describe('quote', () => {
  test('leaves ordinary text of any language as it is', () => {
    expect(quote('größe 大小')).toBe('"größe 大小"');
    expect(quote(undefined)).toBe('undefined');
  });

  test('escapes what JSON leaves: C1 controls and marks of direction', () => {
    expect(quote('\u009b2J\u202e')).toBe('"\\u009b2J\\u202e"');
  });

  test('can be read back, and holds no control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const quoted = quote({ text });
        expect(JSON.parse(quoted)).toEqual({ text });
        expect(quoted).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
      }),
    );
  });
});
