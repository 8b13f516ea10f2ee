import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ConfigError, readConfig } from '../config.ts';
import { readCommandLine } from './options.ts';
import { printable, table, toJson } from './table.ts';

const OWN = {
  all: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  node: { type: 'string', multiple: true },
} as const;

describe('a command line', () => {
  test('has own options, words and settings in any order', () => {
    const line = readCommandLine(
      ['one', '--rds-user', 'u', '--all', '-o', 'json', '--rds-port=23', 'two', '--node', 'a', '--node=b'],
      OWN,
    );
    expect([line.flag('all'), line.text('output'), line.texts('node'), line.words]).toEqual([
      true,
      'json',
      ['a', 'b'],
      ['one', 'two'],
    ]);
    expect(readConfig({ NODE_NAME: 'n' }, line.settings)).toMatchObject({ RDS_USER: 'u', RDS_PORT: 23 });
  });

  test('with an unknown option, or one without its value, is a fault of the configuration', () => {
    for (const args of [['--nonsense'], ['--output'], ['--all=x'], ['-x']]) {
      expect(() => readCommandLine(args, OWN)).toThrow(ConfigError);
    }
  });
});

describe('a table', () => {
  test('has columns as wide as their widest cell, and steers no terminal', () => {
    expect(
      table(
        ['A', 'B'],
        [
          ['long', 'x'],
          ['s', 'y\u001b[2J'],
        ],
      ),
    ).toBe('A     B\nlong  x\ns     y\uFFFD[2J\n');
    fc.assert(fc.property(fc.string(), (text) => expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u)));
  });

  test('JSON has bigints as numbers where those are exact', () => {
    expect(JSON.parse(toJson({ a: 2n ** 40n, b: 2n ** 63n }))).toEqual({
      a: 2 ** 40,
      b: '9223372036854775808',
    });
  });
});
