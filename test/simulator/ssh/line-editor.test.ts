import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Keyed, LineEditor } from './line-editor.ts';

/** What was entered, and what the terminal shows of it. */
function typed(...pieces: string[]) {
  const editor = new LineEditor();
  const keyed = pieces.flatMap((piece) => editor.feed(piece));
  return {
    lines: keyed.flatMap((key) => (key.kind === 'line' ? [key.text] : [])),
    echo: keyed.map((key) => (key.kind === 'echo' ? key.text : '')).join(''),
    kinds: keyed.map(({ kind }) => kind).filter((kind) => kind !== 'echo') as Keyed['kind'][],
  };
}

describe('the line editor', () => {
  test('shows what is typed, and gives the line at Return', () => {
    expect(typed('/disk ', 'print\r')).toEqual({
      lines: ['/disk print'],
      echo: '/disk print\r\n',
      kinds: ['line'],
    });
  });

  test('takes \\r, \\n and \\r\\n as one Return each, also in two pieces', () => {
    expect(typed('a\rb\nc\r\nd\r', '\ne\n').lines).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('erases with Backspace and Delete, never beyond the start', () => {
    expect(typed('ab\x7f\bc\b\b\bxy\r')).toMatchObject({ lines: ['xy'] });
    expect(typed('ab\x7f').echo).toBe('ab\b \b');
  });

  test('erases a character of several bytes at once', () => {
    expect(typed('a😀\x7fb\r').lines).toEqual(['ab']);
  });

  test('starts over at Control-U', () => {
    expect(typed('wrong\x15right\r').lines).toEqual(['right']);
  });

  test('interrupts at Control-C, and forgets the line', () => {
    expect(typed('wrong\x03right\r')).toMatchObject({ lines: ['right'], kinds: ['interrupt', 'line'] });
  });

  test('ends at Control-D on an empty line only', () => {
    expect(typed('\x04').kinds).toEqual(['end']);
    expect(typed('a\x04\r')).toMatchObject({ lines: ['a'], kinds: ['line'] });
  });

  test('takes cursor keys and other sequences without a trace, also in pieces', () => {
    expect(typed('a\x1b[Ab\x1bOHc\x1b', '[', '1;5', 'Cd\r')).toMatchObject({
      lines: ['abcd'],
      echo: 'abcd\r\n',
    });
  });

  test('gives the same lines however the bytes are cut', () => {
    const key = fc.constantFrom(
      'a',
      'é',
      '😀',
      ' ',
      '\r',
      '\n',
      '\x7f',
      '\x15',
      '\x03',
      '\x1b[A',
      '\x1bOP',
      '\x1b[1;5C',
    );
    const input = fc.array(key).map((keys) => keys.join(''));
    const property = fc.property(input, fc.integer({ min: 0, max: 60 }), (text, at) => {
      const points = [...text];
      const [head, tail] = [points.slice(0, at).join(''), points.slice(at).join('')];
      expect(typed(head, tail)).toEqual(typed(text));
    });
    fc.assert(property);
  });
});
