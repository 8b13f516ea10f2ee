import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { DEFAULT_CONNECTION_OPTIONS } from '../storage/connection-options.ts';
import {
  CONNECTION_PARAMETERS,
  connectionContext,
  connectionOptions,
  readConnection,
  writeConnection,
} from './connection-parameters.ts';

const names = Object.keys(CONNECTION_PARAMETERS);

describe('a connection', () => {
  test('is as by default where a volume context says nothing of it', () => {
    expect(connectionOptions({})).toEqual(DEFAULT_CONNECTION_OPTIONS);
    expect(connectionOptions({ pool: 'fast', 'storage.kubernetes.io/x': '1' })).toEqual(
      DEFAULT_CONNECTION_OPTIONS,
    );
  });

  test('is as the StorageClass says, by way of the volume context', () => {
    const parameters = {
      pool: 'fast',
      ctrlLossTimeout: '1800',
      reconnectDelay: '2',
      fastIoFailTimeout: '30',
      keepAliveTimeout: '20',
      queues: '1',
    };
    const context = connectionContext(parameters);
    expect(Object.keys(context)).toEqual(names);
    expect(connectionOptions(context)).toEqual({
      ctrlLossTimeout: 1800,
      reconnectDelay: 2,
      fastIoFailTimeout: 30,
      keepAliveTimeout: 20,
      queues: 1,
    });
  });

  test('that was modified since wins over the volume context, option by option', () => {
    const context = { ctrlLossTimeout: '1800', queues: '1' };
    const connection = { queues: 2, fastIoFailTimeout: 30 } as const;
    expect(connectionOptions(context, { connection })).toEqual({
      ...DEFAULT_CONNECTION_OPTIONS,
      ctrlLossTimeout: 1800,
      queues: 2,
      fastIoFailTimeout: 30,
    });
  });

  test('that was modified reads back as it was written, without what was not said', () => {
    const options = fc.record(
      {
        ctrlLossTimeout: fc.integer({ min: 10, max: 3600 }),
        fastIoFailTimeout: fc.oneof(fc.constant('off' as const), fc.integer({ min: 1, max: 3600 })),
        queues: fc.integer({ min: 1, max: 128 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(options, (connection) => {
        const written = { pool: 'x', ...writeConnection(connection) };
        expect(readConnection('publish_context', written)).toEqual(connection);
      }),
    );
    expect(writeConnection()).toEqual({});
  });

  test.each(['-1', '0', '9', '3601', '600s', '', ' 600', '0600', '1e3'])(
    'is never tried for ever, nor for %p',
    (ctrlLossTimeout) => {
      expect(() => connectionOptions({ ctrlLossTimeout })).toThrow(
        `volume_context.ctrlLossTimeout is ${JSON.stringify(ctrlLossTimeout)}; allowed: whole seconds from 10 to 3600`,
      );
    },
  );

  test('names every wrong value at once', () => {
    expect(() => connectionOptions({ queues: '129', fastIoFailTimeout: 'on' })).toThrow(
      'volume_context.fastIoFailTimeout is "on"; allowed: off, or whole seconds from 1 to 3600; ' +
        'volume_context.queues is "129"; allowed: a whole number from 1 to 128',
    );
  });

  test('is finite and whole, whatever is given', () => {
    const value = fc.oneof(fc.integer().map(String), fc.constant('off'), fc.string());
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (given) => {
        try {
          const { fastIoFailTimeout, ...numbers } = connectionOptions(given);
          expect(fastIoFailTimeout === 'off' || Number.isSafeInteger(fastIoFailTimeout)).toBe(true);
          for (const number of Object.values(numbers)) expect(Number.isSafeInteger(number)).toBe(true);
          expect(numbers.ctrlLossTimeout).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
