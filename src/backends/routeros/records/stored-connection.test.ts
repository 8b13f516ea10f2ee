import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ConnectionChange } from '../../../core/storage/connection-options.ts';
import { readStoredConnection, writeStoredConnection } from './stored-connection.ts';

const seconds = fc.integer({ min: 1, max: 3600 });
const connections: fc.Arbitrary<ConnectionChange> = fc.record(
  {
    ctrlLossTimeout: seconds,
    reconnectDelay: seconds,
    fastIoFailTimeout: fc.oneof(fc.constant('off' as const), seconds),
    keepAliveTimeout: seconds,
    queues: fc.integer({ min: 1, max: 128 }),
  },
  { requiredKeys: [] },
);

describe('a modified connection in a record', () => {
  test('reads back as it was written, whichever options it names', () => {
    fc.assert(
      fc.property(connections, (one) => {
        const text = writeStoredConnection(one);
        expect(readStoredConnection(text)).toEqual(text === '' ? undefined : one);
      }),
    );
  });

  test('is written in one way only: what reads as one is what would be written for it', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^(?:[LRFKQ][0-9a-z-]{0,3}){0,6}$/), (text) => {
        const read = readStoredConnection(text);
        if (read) expect(writeStoredConnection(read)).toBe(text);
      }),
    );
  });

  test('takes 17 characters at most within what nodes take, and none that a record uses otherwise', () => {
    const whole = { ctrlLossTimeout: 3600, reconnectDelay: 60, fastIoFailTimeout: 3600 } as const;
    const text = writeStoredConnection({ ...whole, keepAliveTimeout: 120, queues: 128 });
    expect(text).toBe('L2s0R1oF2s0K3cQ3k');
    expect(text).toHaveLength(17);
    expect(writeStoredConnection({ fastIoFailTimeout: 'off', queues: 4 })).toBe('F-Q4');
  });

  test.each(['', 'L', 'L0', 'L01', 'L-', 'Q4L8c', 'L8cL8c', 'L8c ', 'X1', 'l8c', 'L1000'])(
    'is not %p',
    (text) => {
      expect(readStoredConnection(text)).toBeUndefined();
    },
  );
});
