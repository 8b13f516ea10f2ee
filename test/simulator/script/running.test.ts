import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { until } from '../../support/until.ts';
import { ScriptError } from './script-error.ts';
import { ScriptRig } from './script-rig.ts';
import type { StatementHook, StatementInfo } from './statement-hook.ts';
import { scriptSoup, scripts } from './value-arbitrary.ts';

const hookOf = (before: (info: StatementInfo) => Promise<void> | void): StatementHook => ({
  before: async (info) => before(info),
  after: async () => {},
});

describe('A script whose session dies', () => {
  test.each([
    ':while (true) do={}',
    ':do {} while=(true)',
    ':for i from=1 to=9223372036854775807 do={}',
    ':local f do={ :while (true) do={ :nothing } }; :onerror e in={ $f } do={ :put "caught" }',
    ':while (true) do={ :do { :error "x" } on-error={} }',
    '/disk set [:while (true) do={}] comment="x"',
  ])('stops, silently and for good: %s', async (script) => {
    const rig = new ScriptRig();
    const running = rig.run(`${script}; :put "after"`);
    setImmediate(() => rig.abort.abort(new Error('session closed')));
    expect(await running).toEqual({ ran: false, output: '' });
  });

  test('stops in a delay', async () => {
    const rig = new ScriptRig();
    const running = rig.run(':onerror e in={ :delay 1h } do={ :put "caught" }; :put "after"');
    await until('the script sleeps', () => rig.clock.sleeping === 1);
    rig.abort.abort(new Error('session closed'));
    expect(await running).toEqual({ ran: false, output: '' });
  });
});

describe(':delay and :time', () => {
  test('wait by the clock, seconds if no unit is given, and measure by it', async () => {
    const rig = new ScriptRig();
    const running = rig.output(':put [:time { :delay 2; :delay 500ms }]');
    await until('the script sleeps', () => rig.clock.sleeping === 1);
    rig.clock.advance(2000);
    await until('the script sleeps', () => rig.clock.sleeping === 1);
    rig.clock.advance(500);
    expect(await running).toBe('00:00:02.500');
  });
});

describe('Globals', () => {
  test('last from script to script, and are unset by :set without a value', async () => {
    const rig = new ScriptRig();
    await rig.run(':global a 5');
    expect(await rig.output(':global a; :put $a')).toBe('5');
    await rig.run(':global a; :set a');
    expect(rig.globals.has('a')).toBe(false);
  });
});

describe('The hook', () => {
  test('is told each command, with what its arguments are known to be', async () => {
    const seen: unknown[] = [];
    const rig = new ScriptRig({
      hook: hookOf(({ path, command, args, text }) => {
        seen.push([path, command, Object.fromEntries(args), text]);
      }),
    });
    await rig.run(':local s "x"; /disk set [find slot="csi-a"] comment=("c" . $s) slot=[:len "abc"]');
    expect(seen).toEqual([
      [undefined, 'local', { value: 'x' }, ':local s "x"'],
      [
        '/disk',
        'set',
        { comment: 'cx' },
        '/disk set [find slot="csi-a"] comment=("c" . $s) slot=[:len "abc"]',
      ],
    ]);
  });

  test('can fail a command, in the command’s name', async () => {
    const hook = hookOf(({ command }) => {
      if (command === 'set') throw new ScriptError('failure: disk is full');
    });
    const rig = new ScriptRig({ hook });
    expect(await rig.output(':onerror e in={ /disk set [find] comment="x" } do={ :put $e }')).toBe(
      'failure: disk is full (/disk/set; line 1)',
    );
    expect(rig.menus.calls).toEqual([]);
  });

  test('is told the end of a command that fails', async () => {
    const ended: string[] = [];
    const hook = {
      before: async () => {},
      after: async ({ command }: StatementInfo) => void ended.push(command),
    };
    await new ScriptRig({ hook }).run(':onerror e in={ /disk get *99 slot } do={ :error "again" }');
    expect(ended).toEqual(['get', 'error', 'onerror']);
  });
});

describe('Two sessions', () => {
  test('never come between the arguments of a command and the command', async () => {
    const rig = new ScriptRig();
    const claim = (who: string) =>
      rig.output(
        `/disk set [find where slot="csi-a" comment="one"] comment="${who}"; :put [/disk get [find slot="csi-a"] comment]`,
      );
    const winners = await Promise.all(Array.from({ length: 20 }, (_, index) => claim(`w${index}`)));
    expect(new Set(winners).size).toBe(1);
  });

  test('interleave between commands', async () => {
    const rig = new ScriptRig();
    const count = (who: string) => rig.run(`:for i from=1 to=3 do={ /disk set *A comment="${who}" }`);
    await Promise.all([count('a'), count('b')]);
    const order = rig.menus.calls.map(({ args }) => args.get('comment')).join('');
    expect(order).not.toBe('aaabbb');
    expect([...order].sort().join('')).toBe('aaabbb');
  });

  test('wait not for each other’s commands that hang after their work', async () => {
    const rig = new ScriptRig();
    let release = () => {};
    rig.menus.pause = new Promise((resolve) => {
      release = resolve;
    });
    const hanging = rig.run('/disk set *A comment="hung"');
    expect(await rig.output(':put [/disk find where comment="hung"]')).toBe('*A');
    release();
    expect((await hanging).ran).toBe(true);
  });
});

describe('A script that wants too much', () => {
  test.each([
    ':local f do={}; :global f do={ :global f; $f }; $f',
    ':local s "x"; :while (true) do={ :set s ($s . $s) }',
    ':local a {1}; :for i from=1 to=60000 do={ :set a {$a} }; :put $a',
    ':put ("aaaa" ~ "((a{255}){255}){255}")',
    ':put [:range 1 9223372036854775807]',
  ])('is ended by an error: %s', async (script) => {
    const { ran, output } = await new ScriptRig().run(script);
    expect(ran).toBe(false);
    expect(output.length).toBeLessThan(200);
  });
});

describe('Any script', () => {
  test('ends well or with a message, at the latest when its session dies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(scripts, scriptSoup), async (script) => {
        const rig = new ScriptRig();
        setImmediate(() => rig.abort.abort(new Error('session closed')));
        const { ran, output } = await rig.run(script);
        if (!ran && !rig.abort.signal.aborted) expect(output).toMatch(/[^\n]\n$/);
      }),
      { numRuns: 1000 },
    );
  });
});
