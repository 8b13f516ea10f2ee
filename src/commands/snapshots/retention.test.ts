import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type ScheduledSnapshot, superfluous } from './retention.ts';

const snapshots = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1 }),
    claim: fc.constantFrom('a', 'b'),
    good: fc.boolean(),
    deleting: fc.boolean(),
    takenAt: fc.nat(20),
  }),
  { selector: ({ name }) => name, maxLength: 30 },
);
const asSnapshots = (some: readonly Omit<ScheduledSnapshot, 'uid'>[]): ScheduledSnapshot[] =>
  some.map((one) => ({ ...one, uid: one.name, good: one.good && !one.deleting }));

describe('retention', () => {
  test('leaves each claim its newest good ones, whatever failed since', () => {
    fc.assert(
      fc.property(snapshots, fc.integer({ min: 1, max: 5 }), (some, keep) => {
        const all = asSnapshots(some);
        const gone = new Set(superfluous(all, keep));
        for (const claim of ['a', 'b']) {
          const good = all.filter((one) => one.claim === claim && one.good);
          const left = good.filter((one) => !gone.has(one));
          expect(left).toHaveLength(Math.min(keep, good.length));
          const newest = Math.max(...good.map(({ takenAt }) => takenAt));
          if (good.length > 0) expect(left.some(({ takenAt }) => takenAt === newest)).toBe(true);
        }
      }),
    );
  });

  test('deletes nothing that is newer than the last good one that stays', () => {
    fc.assert(
      fc.property(snapshots, fc.integer({ min: 1, max: 5 }), (some, keep) => {
        const all = asSnapshots(some);
        const gone = superfluous(all, keep);
        for (const one of gone) {
          const newer = all.filter(
            ({ claim, good, takenAt }) => claim === one.claim && good && takenAt >= one.takenAt,
          );
          expect(newer.filter((other) => !gone.includes(other)).length).toBeGreaterThanOrEqual(keep);
        }
        expect(
          superfluous(
            all.filter((one) => !gone.includes(one)),
            keep,
          ),
        ).toEqual([]);
      }),
    );
  });

  test('a count below one is one', () => {
    const one = { name: 'x', uid: 'x', claim: 'a', good: true, deleting: false, takenAt: 1 };
    expect(superfluous([one], 0)).toEqual([]);
  });
});
