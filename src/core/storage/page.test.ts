import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { pageOf } from './page.ts';

const lists = fc
  .uniqueArray(fc.string({ minLength: 1 }), { maxLength: 40 })
  .map((ids) => ids.map((id) => ({ id })).sort((a, b) => (a.id < b.id ? -1 : 1)));

test('pages of any size add up to the list', () => {
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 50 }), (list, limit) => {
      const seen: { id: string }[] = [];
      let after: string | undefined;
      do {
        const page = pageOf(list, after === undefined ? { limit } : { limit, after });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items);
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual(list);
    }),
  );
});

test('what is behind a token is listed, whether or not the token is still there', () => {
  fc.assert(
    fc.property(lists, fc.string(), (list, after) => {
      expect(pageOf(list, { after })).toEqual({ items: list.filter(({ id }) => id > after) });
    }),
  );
});

test('without a limit the list is one page', () => {
  fc.assert(fc.property(lists, (list) => expect(pageOf(list, {})).toEqual({ items: list })));
});

test('a page that ends with the list is the last', () => {
  const list = [{ id: 'a' }, { id: 'b' }];
  expect(pageOf(list, { limit: 2 }).next).toBeUndefined();
  expect(pageOf(list, { limit: 1 }).next).toBe('a');
});
