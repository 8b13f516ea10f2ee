import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { backOffMs } from './back-off.ts';

test('the back-off doubles from 1 s to 16 s and stays there', () => {
  const delays = [1, 2, 3, 4, 5, 6, 100].map((failures) => backOffMs(failures, () => 0.5));
  expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 16_000, 16_000]);
});

test('the back-off is never more than a tenth from its exact value', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (failures, random) => {
        const exact = backOffMs(failures, () => 0.5);
        expect(Math.abs(backOffMs(failures, () => random) - exact)).toBeLessThanOrEqual(exact * 0.1 + 1e-6);
      },
    ),
  );
});
