import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { rendezvous } from './rendezvous.ts';

const contenders = fc.uniqueArray(
  fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), weight: fc.bigInt({ min: 0n, max: 1n << 60n }) }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 6 },
);
const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

test('the order is the same however the contenders are given, and holds each once', () => {
  fc.assert(
    fc.property(fc.string(), contenders, (key, given) => {
      const order = names(rendezvous(key, given));
      expect(names(rendezvous(key, [...given].reverse()))).toEqual(order);
      expect([...order].sort()).toEqual(names(given).sort());
    }),
  );
});

test('one that joins moves no others past each other', () => {
  fc.assert(
    fc.property(fc.string(), contenders, (key, given) => {
      const [joining, ...others] = given;
      const without = names(rendezvous(key, others));
      expect(names(rendezvous(key, given)).filter((name) => name !== joining?.name)).toEqual(without);
    }),
  );
});

test('one without a weight comes last, and three times the weight gets about three times the keys', () => {
  const given = [
    { name: 'a', weight: 1n },
    { name: 'b', weight: 3n },
    { name: 'full', weight: 0n },
  ];
  const orders = Array.from({ length: 2000 }, (_, at) => names(rendezvous(`key ${at}`, given)));
  expect(orders.every((order) => order.at(-1) === 'full')).toBeTrue();
  const ofB = orders.filter(([first]) => first === 'b').length;
  expect(ofB).toBeGreaterThan(1400);
  expect(ofB).toBeLessThan(1600);
});
