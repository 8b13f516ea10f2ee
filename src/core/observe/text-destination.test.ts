import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { TextDestination } from './text-destination.ts';

function formatted(fields: object): string {
  const lines: string[] = [];
  const destination = new TextDestination({ write: (line) => void lines.push(line) });
  destination.write(JSON.stringify({ time: '2026-01-02T03:04:05.678Z', level: 'info', ...fields }));
  return lines.join('');
}

describe('TextDestination', () => {
  test('writes time, level, message and fields', () => {
    expect(formatted({ message: 'call handled', volumeId: 'a/csi-b', durationMs: 1.5, n: null })).toBe(
      '03:04:05.678 INFO  call handled volumeId=a/csi-b durationMs=1.5 n=null\n',
    );
  });

  test('quotes values with spaces and empty ones', () => {
    expect(formatted({ message: 'x', text: 'two words', none: '' })).toContain('text="two words" none=""');
  });

  test('writes the stacks of an error and its causes below the line, once', () => {
    const cause = { message: 'outer', stack: 'Error: outer\n    at a.ts', cause: { stack: 'Error: inner' } };
    const lines = formatted({ message: 'call failed', cause }).split('\n');
    expect(lines).toEqual([
      '03:04:05.678 INFO  call failed cause={"message":"outer","cause":{}}',
      '    Error: outer',
      '    at a.ts',
      '    Error: inner',
      '',
    ]);
  });

  test('no value can move the cursor or forge a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = formatted({
          message: text,
          text,
          stack: text,
          cause: { stack: text.replaceAll('\n', '') },
        });
        expect(line.split('\n    ').join('').trimEnd()).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });
});
