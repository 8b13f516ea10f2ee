import { expect, test } from 'bun:test';
import { FaultPlan, type Operation } from './fault-plan.ts';

/** What a row of calls meets: `before`, `after` or nothing. */
function calls(plan: FaultPlan, operation: Operation, subjects: readonly string[], count: number): string[] {
  return Array.from({ length: count }, () => {
    try {
      const fault = plan.meet(operation, subjects);
      try {
        fault.after();
        return '';
      } catch (error) {
        expect(error).toMatchObject({ kind: 'unavailable', uncertain: true });
        return 'after';
      }
    } catch (error) {
      expect(error).toMatchObject({ uncertain: false });
      return 'before';
    }
  });
}

test('a rule hits its operation once, from the nth call on as often as it says', () => {
  const plan = new FaultPlan([{ operation: 'createVolume', when: 'before' }]);
  expect(calls(plan, 'deleteVolume', [], 2)).toEqual(['', '']);
  expect(calls(plan, 'createVolume', [], 2)).toEqual(['before', '']);
  plan.clear();
  plan.add({ operation: 'createVolume', nth: 2, times: 2, when: 'after' });
  expect(calls(plan, 'createVolume', [], 4)).toEqual(['', 'after', 'after', '']);
});

test('a rule with a subject hits and counts only that', () => {
  const plan = new FaultPlan([{ operation: 'publishVolume', subject: 'mock/a', nth: 2, when: 'after' }]);
  expect(calls(plan, 'publishVolume', ['mock/b'], 3)).toEqual(['', '', '']);
  expect(calls(plan, 'publishVolume', ['mock/a', 'name'], 3)).toEqual(['', 'after', '']);
});

test('a fault has the kind that the rule names', () => {
  const plan = new FaultPlan([{ operation: 'pools', when: 'before', kind: 'permission' }]);
  expect(() => plan.meet('pools', [])).toThrow(expect.objectContaining({ kind: 'permission' }));
});
