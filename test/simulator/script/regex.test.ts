import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { PosixRegex } from './regex.ts';
import { RegexFault } from './regex-parser.ts';

const matches = (pattern: string, text: string): boolean => new PosixRegex(pattern).test(text);

describe('A POSIX extended regular expression', () => {
  // POSIX.1-2017, 9.4 Extended Regular Expressions, and 9.3.5 Bracket Expression.
  test.each([
    ['abc', 'xabcx', true],
    ['^abc$', 'xabc', false],
    ['a.c', 'a\nc', true],
    ['(ab)+c', 'ababc', true],
    ['a|b', 'xb', true],
    ['a{2,3}', 'xa', false],
    ['^a{2,3}$', 'aaa', true],
    ['^a{2}$', 'aaa', false],
    ['^a{2,}$', 'aaaa', true],
    ['[a-c]', 'b', true],
    ['[^a-c]', 'b', false],
    ['[]a]', ']', true],
    ['[^]a]', ']', false],
    ['[a-]', '-', true],
    ['[\\.]', '\\', true],
    ['[[:digit:]]+', 'a5', true],
    ['^[[:alpha:]_]+$', 'a5', false],
    ['a{', 'a{', true],
    ['\\.', 'x', false],
    ['(^a|b$)', 'xb', true],
    ['()', '', true],
    ['a**', '', true],
    ['^[0-9 \\.]*202$', '10.0.0.202', true],
  ] as const)('%s on %j: %p', (pattern, text, matching) => {
    expect(matches(pattern, text)).toBe(matching);
  });

  test.each(['(', 'a)', '[', '[b-a]', '[[:nope:]]', '*a', 'a{300}', 'a{3,2}', '\\', '('.repeat(1000)])(
    'is refused if it is none: %s',
    (pattern) => {
      expect(() => new PosixRegex(pattern)).toThrow(RegexFault);
    },
  );

  test('takes time in proportion to the text, whatever its form', () => {
    expect(matches('^(a+)+$', `${'a'.repeat(5000)}b`)).toBe(false);
    expect(matches('^(a|aa)*(a?){50}c', 'a'.repeat(3000))).toBe(false);
  });

  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a|b)', '(ab)', '^', '$', '(b*)');
  const piece = fc
    .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}'))
    .map(([unit, count]) => {
      return /[$^]/.test(unit[0] ?? '') ? unit : unit + count;
    });
  const pattern = fc.array(fc.array(piece, { maxLength: 5 }), { minLength: 1, maxLength: 3 });

  test('matches what JavaScript’s does where both mean the same', () => {
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 }),
        (choices, text) => {
          const source = choices.map((pieces) => pieces.join('')).join('|');
          expect(matches(source, text)).toBe(new RegExp(source, 's').test(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('of any text is refused by its own error, or matches or not', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab()[]{}*+?|^$\\.-:,2') }),
        fc.string(),
        (source, text) => {
          try {
            new PosixRegex(source).test(text);
          } catch (error) {
            expect(error).toBeInstanceOf(RegexFault);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
