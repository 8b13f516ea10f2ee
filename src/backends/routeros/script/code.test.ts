import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { both, concatenation, each, equals, local, map, onError, property, variable, when } from './code.ts';
import { command, find, propertyOf, rows } from './command.ts';
import { internLiterals } from './intern-literals.ts';
import { answer, refuse, script } from './script.ts';

describe('statements', () => {
  test('read as RouterOS writes them', () => {
    const wanted = both(equals(property('slot'), 'a'), equals(property('disabled'), false));
    expect(find('/disk', wanted).text).toBe('[/disk/find where ((slot="a") && (disabled=no))]');
    expect(propertyOf('/disk', find('/disk', equals(property('slot'), 'a')), 'size').text).toBe(
      '[/disk/get [/disk/find where (slot="a")] size]',
    );
    expect(rows('/disk', ['slot', 'size']).text).toBe('[/disk/print detail as-value proplist=slot,size]');
    expect(command('/disk', 'set', { comment: 'x y' }, { items: variable('i') }).text).toBe(
      '/disk/set $i comment="x y"',
    );
    expect(when(equals(variable('a'), 1), [refuse('no')], [local('b', 2)]).text).toBe(
      ':if ($a=1) do={ :error "rose-csi: no" } else={ :local b 2 }',
    );
    expect(each('d', rows('/disk', []), [onError('e', [], [])]).text).toContain(':foreach d in=[');
    expect(concatenation('a', variable('b'), 1n).text).toBe('("a" . $b . 1)');
    expect(map({ k: variable('v') }).text).toBe('{"k"=$v}');
  });

  test('name the commands and arguments that they use, however deep', () => {
    const { uses } = script('n', undefined, [
      when(equals(variable('a'), 1), [
        command('/disk', 'set', { comment: 'c' }, { items: find('/disk', equals(property('slot'), 's')) }),
      ]),
    ]);
    expect(uses).toContainEqual({ path: '/disk', command: 'set', args: ['comment'] });
    expect(uses).toContainEqual({ path: '/disk', command: 'find', args: ['where'] });
  });

  test('names that could be script are refused', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (/^[a-z][0-9]*$/.test(text)) return;
        expect(() => local(text, 1)).toThrow(RangeError);
        expect(() => variable(text)).toThrow(RangeError);
      }),
    );
    // A property hides a variable of its name within `where`.
    expect(() => variable('slot')).toThrow(RangeError);
    expect(() => command('/disk', 'set', { 'a b': 1 })).toThrow(RangeError);
    expect(() => local('a', 0.5)).toThrow(RangeError);
  });
});

describe('a script', () => {
  test('has the same structure whatever its values are', () => {
    const structure = (value: string, other: string) =>
      script('nonce', 7, [
        when(equals(variable('x'), value), [command('/disk', 'add', { comment: value, slot: other })]),
        answer('k', other),
      ]).line.replaceAll(/"[^"]*"|\$c\d+|:local c\d+ "[^"]*"; /g, '_');
    const plain = structure('value', 'other').replaceAll('_', '');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (value, other) => {
        expect(structure(value, other).replaceAll('_', '')).toBe(plain);
      }),
    );
  });

  test('is one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(script('n', 1, [local('a', value)]).line).not.toMatch(/[\r\n\0]/);
      }),
    );
  });

  test('writes a long literal once', () => {
    const long = '"/pool/csi/cluster/slot.img"';
    expect(internLiterals(`:put ${long}; :put ${long}; :put "short"; :put "short"`)).toBe(
      `:local c0 ${long}; :put $c0; :put $c0; :put "short"; :put "short"`,
    );
    expect(internLiterals(`:put ${long}`)).toBe(`:put ${long}`);
  });
});
