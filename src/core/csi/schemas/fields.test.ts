import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { z } from 'zod';
import {
  lookupPath,
  map,
  maxEntries,
  name,
  nodeId,
  nodeIdOrAll,
  objectId,
  optionalLookupPath,
  optionalPath,
  optionalText,
  path,
  secrets,
} from './fields.ts';

const faults = (schema: z.ZodType, value: unknown): string[] =>
  schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];

const allows = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;

describe('name', () => {
  test.each(['pvc-1', 'ä ö\tü\r\n', '名前', "'; rm -rf /", '../..', '\u{1f600}', 'x'.repeat(128)])(
    'allows %p',
    (text) => {
      expect(faults(name, text)).toEqual([]);
    },
  );

  test.each([
    ['', 'is required'],
    ['x'.repeat(129), 'has 129 bytes, more than 128'],
    ['ö'.repeat(65), 'has 130 bytes, more than 128'],
    ['a\u0000', 'holds a control character'],
    ['a\u000b', 'holds a control character'],
    ['a\u007f', 'holds a control character'],
    ['a\u009f', 'holds a control character'],
    ['a\ud800', 'is not valid UTF-8, or holds U+FFFD'],
    ['a\ufffd', 'is not valid UTF-8, or holds U+FFFD'],
  ])('refuses %p', (text, fault) => {
    expect(faults(name, text)).toEqual([fault]);
  });

  test("allows exactly what the specification's list of banned characters leaves", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xfffc }), (code) => {
        const surrogate = code >= 0xd800 && code <= 0xdfff;
        const banned =
          code <= 8 ||
          code === 0xb ||
          code === 0xc ||
          (code >= 0xe && code <= 0x1f) ||
          (code >= 0x7f && code <= 0x9f);
        expect(allows(name, String.fromCharCode(code))).toBe(!(banned || surrogate));
      }),
      { numRuns: 500 },
    );
  });
});

describe('objectId', () => {
  test.each(['rds1/csi-abc', 'reallyfakevolumeid', 'some id', 'a..b', '...', 'x'.repeat(128)])(
    'allows %p',
    (text) => {
      expect(faults(objectId, text)).toEqual([]);
    },
  );

  test.each([
    ['', 'is required'],
    ['x'.repeat(129), 'has 129 bytes, more than 128'],
    ['a\nb', 'holds a control character'],
    ['../../etc/passwd', "holds a '..' segment"],
    ['rds1/..', "holds a '..' segment"],
    ['a\\..\\b', "holds a '..' segment"],
    ['\ufffd', 'is not valid UTF-8, or holds U+FFFD'],
  ])('refuses %p', (text, fault) => {
    expect(faults(objectId, text)).toEqual([fault]);
  });
});

describe('paths', () => {
  test.each(['/var/lib/kubelet/pods/1/mount', '/a b/c', `/${'x'.repeat(4094)}`])('allows %p', (text) => {
    expect(faults(path, text)).toEqual([]);
  });

  test.each([
    ['', 'is required'],
    ['some/path', 'is not absolute'],
    ['/', 'is the root folder'],
    ['/a/', 'is not normalised'],
    ['/a//b', 'is not normalised'],
    ['/a/./b', 'is not normalised'],
    ['/a/../b', "holds a '..' segment"],
    ['/a\0', 'holds a control character'],
    ['/a\n', 'holds a control character'],
    ['/\ufffd', 'is not valid UTF-8, or holds U+FFFD'],
    [`/${'x'.repeat(4095)}`, 'has 4096 bytes, more than 4095'],
  ])('refuses %p', (text, fault) => {
    expect(faults(path, text)).toEqual([fault]);
  });

  test('what is only looked up need not be absolute, but is held to the rest', () => {
    expect(allows(lookupPath, 'some/path')).toBe(true);
    expect(faults(lookupPath, 'some/../path')).toEqual(["holds a '..' segment"]);
    expect(faults(lookupPath, '')).toEqual(['is required']);
  });

  test('optional ones may be empty', () => {
    expect([optionalPath, optionalLookupPath].map((schema) => allows(schema, ''))).toEqual([true, true]);
    expect(allows(optionalPath, 'relative')).toBe(false);
  });

  test('a path that is allowed stays inside of whatever it is in', () => {
    const segment = fc.oneof(fc.constantFrom('..', '.', '', 'a', '…'), fc.string());
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const text = `/safe/${segments.join('/')}`;
        if (allows(path, text)) expect(new URL(`file://${encodeURI(text)}`).pathname).toStartWith('/safe');
      }),
    );
  });
});

describe('other texts', () => {
  test('node ids may have 256 bytes', () => {
    expect(allows(nodeId, 'n'.repeat(256))).toBe(true);
    expect(faults(nodeId, 'n'.repeat(257))).toEqual(['has 257 bytes, more than 256']);
    expect(faults(nodeId, '')).toEqual(['is required']);
    expect(faults(nodeId, 'a\u001b')).toEqual(['holds a control character']);
  });

  test('no node id stands for all nodes', () => {
    expect(allows(nodeIdOrAll, '')).toBe(true);
    expect(allows(nodeIdOrAll, 'a\0')).toBe(false);
  });

  test('tokens and the like have 128 bytes and no control characters', () => {
    expect(allows(optionalText, '')).toBe(true);
    expect(allows(optionalText, 'x'.repeat(128))).toBe(true);
    expect(allows(optionalText, 'x'.repeat(129))).toBe(false);
    expect(allows(optionalText, 'a\0')).toBe(false);
  });

  test('a list may be asked for without a limit, never with a negative one', () => {
    expect([0, 1, 2 ** 31 - 1].every((value) => allows(maxEntries, value))).toBe(true);
    expect(faults(maxEntries, -1)).toEqual(['is negative']);
  });
});

describe('maps', () => {
  const sized = (bytes: number) => ({ key: 'x'.repeat(bytes - 3) });

  test('4 KiB of keys and values are allowed, not a byte more', () => {
    for (const schema of [map, secrets]) {
      expect(allows(schema, sized(4096))).toBe(true);
      expect(faults(schema, sized(4097))).toEqual(['has 4097 bytes, more than 4096']);
    }
  });

  test('every fault of a map is told, at its key', () => {
    const { error } = map.safeParse({
      '': 'x',
      ['k'.repeat(129)]: 'x',
      good: 'x',
      bad: 'a\0',
      worse: '\ufffd',
    });
    expect(error?.issues.map((issue) => [issue.path[0]?.toString().slice(0, 5), issue.message])).toEqual([
      ['', 'has a key that is required'],
      ['kkkkk', 'has a key that has 129 bytes, more than 128'],
      ['bad', 'holds a control character'],
      ['worse', 'is not valid UTF-8, or holds U+FFFD'],
    ]);
  });

  test('a secret may be any text, and a fault of its key does not name it', () => {
    expect(allows(secrets, { passphrase: 'a\0\n\ufffd' })).toBe(true);
    const { error } = secrets.safeParse({ 'hunter2\0': 'x', [`hunter2${'x'.repeat(128)}`]: 'y' });
    expect(error?.issues).toHaveLength(1);
    expect(JSON.stringify(error?.issues)).not.toContain('hunter2');
  });
});
