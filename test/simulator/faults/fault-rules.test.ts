import { describe, expect, test } from 'bun:test';
import { FAULT_KINDS, type Fault } from './fault.ts';
import type { FaultRule } from './fault-rule.ts';
import { FaultRules } from './fault-rules.ts';

const CUT: Fault = { kind: 'cut' };
const USER = 'rose-csi';

/** Which of these execs a rule strikes. */
function struck(rule: Omit<FaultRule, 'fault'>, texts: readonly string[]): boolean[] {
  const rules = new FaultRules();
  rules.add({ fault: CUT, ...rule });
  return texts.map((text) => rules.forExec({ text, user: USER }).length > 0);
}

describe('a rule', () => {
  test('strikes the first match, once, where nothing else is said', () => {
    expect(struck({}, ['a', 'b', 'c'])).toEqual([true, false, false]);
  });

  test('strikes from the n-th match on, so many times', () => {
    expect(struck({ from: 2, times: 2 }, ['a', 'a', 'a', 'a'])).toEqual([false, true, true, false]);
    expect(struck({ times: Number.POSITIVE_INFINITY }, ['a', 'a', 'a'])).toEqual([true, true, true]);
  });

  test('counts only what it matches', () => {
    const rule = { on: { exec: /disk/ }, from: 2 };
    expect(struck(rule, ['/disk', '/file', '/disk', '/disk'])).toEqual([false, false, true, false]);
  });

  test('matches the same text again, whatever the flags of its expression', () => {
    const times = Number.POSITIVE_INFINITY;
    expect(struck({ on: { exec: /a/g }, times }, ['a', 'a'])).toEqual([true, true]);
    expect(struck({ on: { exec: /a/y }, times }, ['a', 'a'])).toEqual([true, true]);
  });

  test('knows a slot from one that begins or ends like it', () => {
    const texts = ['slot="csi-a"', 'slot="csi-ab"', 'slot="x-csi-a"', 'path="/pool/csi-a/volume.img"'];
    const rule = { on: { slot: 'csi-a' }, times: Number.POSITIVE_INFINITY };
    expect(struck(rule, texts)).toEqual([true, false, false, true]);
  });

  test('knows one user from another', () => {
    expect(struck({ on: { user: 'admin' } }, ['a'])).toEqual([false]);
    expect(struck({ on: { user: USER } }, ['a'])).toEqual([true]);
  });

  test('for a statement strikes its command or its text, never an exec as a whole', () => {
    const rules = new FaultRules();
    const add = { path: '/disk', command: 'add', text: '/disk add slot="csi-a"', args: new Map() };
    rules.add({ fault: CUT, on: { statement: /^\/disk\/add$/, slot: 'csi-a' } });
    rules.add({ fault: CUT, on: { statement: /slot="csi-a"/ } });
    const subject = { text: `:put 1; ${add.text}`, user: USER };
    expect(rules.forExec(subject)).toEqual([]);
    expect(rules.forStatement(subject, { command: 'put', text: ':put 1', args: new Map() })).toEqual([]);
    expect(rules.forStatement(subject, add).map(({ id }) => id)).toEqual([1, 2]);
  });

  test('can be taken back, and says how often it struck', async () => {
    const rules = new FaultRules();
    const rule = rules.add({ fault: CUT, times: 2 });
    const met = rule.whenMet(2);
    for (let exec = 0; exec < 3; exec++) rules.forExec({ text: 'a', user: USER });
    await met;
    expect([rule.seen, rule.met]).toEqual([3, 2]);
    rule.remove();
    expect(rules.list()).toEqual([]);
  });

  test('that is never met is waited for no longer than the signal allows', async () => {
    const rule = new FaultRules().add({ fault: CUT });
    await expect(rule.whenMet(1, AbortSignal.timeout(1))).rejects.toThrow('timed out');
  });
});

test('there are more than fifteen kinds', () => {
  expect(FAULT_KINDS.length).toBeGreaterThan(15);
});
