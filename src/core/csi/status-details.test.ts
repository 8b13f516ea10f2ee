import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { statusDetails } from './status-details.ts';

describe('statusDetails', () => {
  test('leaves an ordinary text as it is', () => {
    expect(statusDetails('volume "größe" does not exist')).toBe('volume "größe" does not exist');
  });

  test('any text can be percent-encoded afterwards and is not long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000, size: 'max' }), (text) => {
        const details = statusDetails(`${text}\ud800`);
        expect(details.length).toBeLessThanOrEqual(2001);
        expect(() => encodeURI(details)).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});
