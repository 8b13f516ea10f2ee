import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { rangesFrom } from './slot-ranges.ts';

const slot = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/),
  fc.stringMatching(/^csi-[a-z2-7]{28}$/),
  fc.stringMatching(/^csi[-.]?[A-Za-z0-9._-]{0,5}$/),
);

const within = (text: string, patterns: readonly string[]): boolean =>
  patterns.every((pattern) => new RegExp(pattern).test(text));

test('each slot is in exactly one range, and the ranges are in the order of the slots', () => {
  const ranges = rangesFrom(undefined);
  const rangeOf = (text: string): number[] =>
    ranges.flatMap((range, at) => (within(text, range) ? [at] : []));
  fc.assert(
    fc.property(slot, slot, (one, two) => {
      const [first, second] = [rangeOf(one), rangeOf(two)];
      expect([first.length, second.length]).toEqual([1, 1]);
      if (one < two) expect(first[0] ?? 0).toBeLessThanOrEqual(second[0] ?? 0);
    }),
  );
});

test('from a token on, every slot behind it is in exactly one range, and few before it are in any', () => {
  fc.assert(
    fc.property(slot, slot, (token, other) => {
      const found = rangesFrom(token).filter((range) => within(other, range)).length;
      if (other > token) expect(found).toBe(1);
      if (other < token && other.slice(0, 12) < token.slice(0, 12)) expect(found).toBe(0);
    }),
  );
});
