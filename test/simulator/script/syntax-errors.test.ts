import { describe, expect, test } from 'bun:test';
import { outputOf, ScriptRig } from './script-rig.ts';

describe('A script that cannot be parsed, as devices were seen to answer', () => {
  test.each([
    ['manual: an undeclared variable', ':put $myVar', 'syntax error (line 1 column 7)'],
    ['go client: a path that is none', '/nonsense/command', 'syntax error (line 1 column 10)'],
    ['go client: a command that is none', '/nonsense command', 'bad command name nonsense (line 1 column 2)'],
    [
      'manual, import: words that are none',
      'this is not a command',
      'bad command name this (line 1 column 1)',
    ],
    [
      'go client: an argument that is none',
      '/disk/print bogus=1',
      'expected end of command (line 1 column 13)',
    ],
    ['go client: a character that is none', '/disk/print ?', 'expected end of command (line 1 column 13)'],
    [
      'a forum of script users: a name with an underscore',
      ':local MAX_ACTIONS 200',
      'expected end of command (line 1 column 11)',
    ],
    ['centrs: a brace that is not closed', '{\n:put 1\n', 'missing closing brace (line 3 column 1)'],
    [
      'sources of a tool in C#, 7.23.2 (`/system note set note= show-at-login=yes`): no value, and another argument',
      '/disk set *1 comment= slot=yes',
      'expected end of command (line 1 column 28)',
    ],
    ['notes: no such command', ':break', 'bad command name break (line 1 column 2)'],
  ])('%s', async (_, script, says) => {
    expect(await outputOf(script)).toBe(says);
  });

  test('an argument that is none, as 7.23.3 says it (centrs)', async () => {
    const rig = new ScriptRig({ assumptions: { unknownArgument: 'bad parameter' } });
    expect(await rig.output('/disk/print bogus-attr=1')).toBe('bad parameter bogus-attr (line 1 column 23)');
  });

  test('the line of the error ends with a line feed alone (fleet tool, 7.24.4)', async () => {
    expect(await new ScriptRig().run('foo')).toEqual({
      ran: false,
      output: 'bad command name foo (line 1 column 1)\n',
    });
  });
});

describe('A script that cannot be parsed', () => {
  test.each([
    ':put "before"; :put $unknown',
    ':onerror e in={ :put "before"; foo } do={ :put "caught" }',
    ':do { :put "before"; /disk/print bogus=1 } on-error={ :put "caught" }',
    '/disk/set [find] comment="x"; :put (1',
    ':put "before"; :set undeclared 1',
    ':put "before"; :if (true) do={ :put [',
  ])('does nothing at all, and nothing catches its error: %s', async (script) => {
    const rig = new ScriptRig();
    const { ran, output } = await rig.run(script);
    expect(ran).toBe(false);
    expect(output).toMatch(/^[a-z ]+ \(line 1 column \d+\)\n$/);
    expect(rig.menus.calls).toEqual([]);
  });

  test.each([
    ['notes, escaping 6.2: lower-case hexadecimal', ':put "\\e2"'],
    ['notes, scoping 8.2: a name that begins with a digit', ':local 1var "x"'],
    ['notes, scoping 3.1: a local from outside a function', ':local o 1; :global f do={ :put $o }'],
    ['notes, errors 1.4: an underscore as a name', ':onerror _ in={} do={}'],
    ['notes, scoping 3.8: a block as a value', ':global f do={ :return do={ :return 1 } }'],
    ['skills: {} outside parentheses', ':local arr {}'],
    ['manual, keywords', ':local and 1'],
    ['a string that is not closed', ':put "abc'],
    ['a dollar that names nothing', ':put "costs 5$"'],
    ['a bracket that is not closed', ':put [:len "a"'],
    ['an escape that is none', ':put "\\q"'],
    ['a parenthesis too many', ':put (1))'],
    ['an operator without its right side', ':put (1 +)'],
    ['nothing after where', '/disk print where'],
    ['a value glued to another', ':put "a"$b'],
    ['an argument of a command without it', ':put value=1'],
    ['a value too many', ':put 1 2'],
  ])('%s is refused', async (_, script) => {
    expect(await outputOf(script)).toMatch(/\(line 1 column \d+\)$/);
  });

  test('an undeclared variable reads as nothing where that is assumed (notes, scoping 2.6)', async () => {
    const rig = new ScriptRig({ assumptions: { undeclared: 'nothing' } });
    expect(await rig.output(':put [:typeof $nowhere]')).toBe('nothing');
  });

  test('brackets that nest too deeply are an error, not the end of the process', async () => {
    for (const [before, bracket] of [
      ['', '('],
      ['', '['],
      ['', '{'],
      ['', '"$('],
      ['(', '-'],
      ['(', '!'],
      ['', '[:if (true) do={'],
    ]) {
      const output = await outputOf(`:put ${before}${bracket?.repeat(100_000)}`);
      expect(output.slice(0, 100)).toMatch(/^(syntax error|missing closing brace) /);
    }
  });

  test('an expression that is too long is an error, and one at the limit has its value', async () => {
    expect(await outputOf(`:put (${'1+'.repeat(1000)}1)`)).toBe('1001');
    expect(await outputOf(`:put (${'1+'.repeat(1001)}1)`)).toMatch(/^syntax error/);
  });
});

describe(':parse', () => {
  test('gives the message of a syntax error as its value (go client, R2)', async () => {
    expect(await outputOf(':put [:parse "/disk/print bogus=1"]')).toBe(
      'expected end of command (line 1 column 13)',
    );
  });
});
