import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Waiting, WaitQueue } from './wait-queue.ts';

class Guest implements Waiting {
  readonly controller = new AbortController();
  readonly signal = this.controller.signal;
  left = false;

  constructor(readonly name: number) {}

  abandoned(): void {
    this.left = true;
  }
}

describe('the queue', () => {
  test('serves in the order of arrival, one that had its turn in vain first', () => {
    const queue = new WaitQueue<Guest>(() => undefined);
    queue.push(new Guest(1));
    queue.push(new Guest(2));
    queue.pushFront(new Guest(0));
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()].map((guest) => guest?.name)).toEqual([
      0,
      1,
      2,
      undefined,
    ]);
  });

  test('lets go of those who abort, tells its length, and forgets those it has served', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 20 }), (aborts) => {
        const lengths = [0];
        const queue = new WaitQueue<Guest>((length) => lengths.push(length));
        const guests = aborts.map((_, name) => new Guest(name));
        const leaving = guests.filter(({ name }) => aborts[name]);
        const staying = guests.filter(({ name }) => !aborts[name]);
        for (const guest of guests) queue.push(guest);
        for (const { controller } of leaving) controller.abort();
        expect(lengths.at(-1)).toBe(staying.length);
        expect(staying.map(() => queue.shift())).toEqual(staying);
        for (const { controller } of staying) controller.abort();
        expect(guests.map(({ left }) => left)).toEqual(aborts);
        expect(lengths.at(-1)).toBe(0);
      }),
    );
  });
});
