import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { bytesOf, join, textOfBytes } from './bytes.ts';
import { literalOf, quoteText } from './literal.ts';
import { parseScript } from './parser.ts';
import { textOf } from './print.ts';
import { SyntaxFault } from './script-error.ts';
import { FakeMenus, ScriptRig } from './script-rig.ts';
import { formatTime, parseTime } from './time.ts';
import { ScriptTime } from './value.ts';
import { anyBytes, anyValue, scriptSoup } from './value-arbitrary.ts';
import { parseNumber, scalarOf } from './words.ts';

describe('Strings', () => {
  test('come back from their quoted form, whatever bytes they hold', async () => {
    await fc.assert(
      fc.asyncProperty(anyBytes, async (text) => {
        expect(quoteText(text)).toMatch(/^"[ -~]*"$/);
        const { output } = await new ScriptRig().run(`:put ${quoteText(text)}`);
        expect(output).toBe(`${text}\r\n`);
      }),
    );
  });

  test('keep bytes that are no characters, and join halves of one', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), (bytes, cut) => {
        const at = bytes.length === 0 ? 0 : cut % bytes.length;
        expect([...bytesOf(textOfBytes(bytes))]).toEqual([...bytes]);
        expect(join(textOfBytes(bytes.slice(0, at)), textOfBytes(bytes.slice(at)))).toBe(textOfBytes(bytes));
      }),
    );
  });

  test('have their length in bytes, and are picked by them', async () => {
    const rig = new ScriptRig();
    expect(await rig.output(':put [:len "größe"]')).toBe('7');
    expect(await rig.output(':put ([:pick "größe" 0 3] . [:pick "größe" 3 7])')).toBe('größe');
  });
});

describe('Values', () => {
  test('come back from the source that is written for them', async () => {
    await fc.assert(
      fc.asyncProperty(anyValue, async (value) => {
        const rig = new ScriptRig();
        expect(await rig.run(`:global x ${literalOf(value)}`)).toEqual({ ran: true, output: '' });
        expect(rig.globals.get('x')).toEqual(value);
      }),
    );
  });

  test('of one part come back from their printed form', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt(), (number, ns) => {
        const time = new ScriptTime(BigInt.asIntN(62, ns));
        expect(parseNumber(textOf(number))).toBe(number);
        expect(parseTime(formatTime(time))).toEqual(time);
        expect(scalarOf(textOf(time))).toEqual(time);
      }),
    );
  });
});

describe('Times', () => {
  test.each([
    ['5s', '00:00:05'],
    ['1d2h', '1d02:00:00'],
    ['200ms', '00:00:00.200'],
    ['1w2d3h4m5s', '1w2d03:04:05'],
    ['10:00', '10:00:00'],
    ['00:00:05', '00:00:05'],
    ['1h30m', '01:30:00'],
    ['90m', '01:30:00'],
    ['2735w21:41:43.481891543', '2735w21:41:43.481891543'],
    ['-5s', '-00:00:05'],
  ])('%s is %s', (text, printed) => {
    const time = parseTime(text);
    expect(time && formatTime(time)).toBe(printed);
  });

  test.each(['', '-', '5', 's', '5x', '5s3h', '1:2:3:4'])('%j is none', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });
});

describe('The parser', () => {
  const menus = new FakeMenus();
  test('refuses what it cannot read by its own error, at a place within the script', () => {
    fc.assert(
      fc.property(fc.oneof(scriptSoup, anyBytes), (text) => {
        try {
          parseScript(text, menus);
        } catch (error) {
          if (!(error instanceof SyntaxFault)) throw error;
          const lines = text.split('\n');
          expect(error.line).toBeLessThanOrEqual(lines.length);
          expect(error.column).toBeLessThanOrEqual((lines[error.line - 1]?.length ?? 0) + 2);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
