import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { readReply, UnreadableReply } from './reply.ts';

const NONCE = 'a1b2c3d4e5f6';

const line = (kind: string, value: unknown): string => {
  const json = JSON.stringify({ [kind]: value });
  return `${NONCE}${Buffer.byteLength(json)}:${json}\r\n`;
};
const end = (count: number, unit: 'bytes' | 'characters' = 'bytes'): string =>
  `${NONCE}.end${count}.${unit === 'bytes' ? 2 : 1}.\r\n`;

const values = fc.array(fc.jsonValue({ maxDepth: 2, noUnicodeString: false }), { maxLength: 5 });
/** As JSON has it: no negative zero, and numbers of any size are numbers. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? Number(item) : item)));
const replyOf = (items: readonly unknown[]): string =>
  items.map((item) => line('item', item)).join('') + end(items.length);

describe('a reply', () => {
  test('gives back what was answered', () => {
    fc.assert(
      fc.property(values, (items) => {
        const { answers, stray, error } = readReply(replyOf(items), NONCE);
        expect(answers.map(({ value }) => plain(value))).toEqual(items.map(plain));
        expect({ stray, error }).toEqual({ stray: '', error: undefined });
      }),
    );
  });

  test('is read through the line breaks of a narrow terminal', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 200 }), (items, width) => {
        const wrapped = replyOf(items)
          .split('\r\n')
          .map((one) => one.match(new RegExp(`.{1,${width}}`, 'gs'))?.join('\r\n') ?? '')
          .join('\r\n');
        expect(readReply(wrapped, NONCE).answers.map(({ value }) => plain(value))).toEqual(items.map(plain));
      }),
    );
  });

  test('is never misread where text stands before, between or behind its lines', () => {
    fc.assert(
      fc.property(values, fc.string(), fc.nat(), (items, garbage, place) => {
        const text = replyOf(items);
        const at = place % (text.length + 1);
        const damaged = text.slice(0, at) + garbage + text.slice(at);
        expectWholeOrUnreadable(damaged, items);
      }),
    );
  });

  test('is not misread where what stands between is as long as its bytes are more than its characters', () => {
    const damaged = line('name', '𐀀').replace('𐀀', '𐀀  ');
    expect(() => readReply(damaged + end(1), NONCE)).toThrow(UnreadableReply);
  });

  test('that was cut anywhere is unreadable', () => {
    fc.assert(
      fc.property(values, fc.nat(), (items, place) => {
        const text = replyOf(items).trimEnd();
        const cut = text.slice(0, place % text.length);
        expect(() => readReply(cut, NONCE)).toThrow(UnreadableReply);
      }),
    );
  });

  test('that lost a line is unreadable', () => {
    expect(() => readReply(line('a', 1) + end(2), NONCE)).toThrow('has 1 lines, and should have 2');
  });

  test('tells the appliance’s errors from the script’s own refusals', () => {
    expect(readReply(line('error', 'failure: disk full') + end(1), NONCE)).toEqual({
      answers: [],
      error: 'failure: disk full',
      stray: '',
    });
    expect(readReply(line('error', 'rose-csi: no-space (:error; line 1)') + end(1), NONCE)).toEqual({
      answers: [],
      refusal: 'no-space',
      stray: '',
    });
  });

  test('keeps a warning apart', () => {
    const { answers, stray } = readReply(`warning: x\r\n${line('a', 1)}some notice\r\n${end(1)}`, NONCE);
    expect(answers).toEqual([{ kind: 'a', value: 1 }]);
    expect(stray).toContain('warning: x');
    expect(stray).toContain('some notice');
  });

  test('keeps integers exact that a double cannot hold', () => {
    const text = '{"size":9223372036854775807}';
    const { answers } = readReply(`${NONCE}${text.length}:${text}\r\n${end(1)}`, NONCE);
    expect(answers).toEqual([{ kind: 'size', value: 9223372036854775807n }]);
  });

  test('is read where RouterOS counts characters instead of bytes', () => {
    const text = '{"name":"größe"}';
    const { answers } = readReply(`${NONCE}${text.length}:${text}\r\n${end(1, 'characters')}`, NONCE);
    expect(answers).toEqual([{ kind: 'name', value: 'größe' }]);
  });
});

function expectWholeOrUnreadable(text: string, items: readonly unknown[]): void {
  try {
    const { answers } = readReply(text, NONCE);
    expect(answers.map(({ value }) => plain(value))).toEqual(items.map(plain));
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableReply);
  }
}
