import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { GiB, MiB, TiB } from '../../bytes.ts';
import { BackendError } from '../../storage/backend-error.ts';
import type { BackendCapabilities } from '../../storage/storage-backend.ts';
import { sizeRequest } from './capacity-range.ts';

const LIMITS: BackendCapabilities = {
  fencing: false,
  minVolumeBytes: 4n * MiB,
  maxVolumeBytes: TiB,
  granularityBytes: MiB,
  maxWriters: 2,
  maxReaders: 8,
};

const size = (requiredBytes: bigint, limitBytes = 0n) =>
  sizeRequest('volume "v"', { requiredBytes, limitBytes }, LIMITS);

describe('sizeRequest', () => {
  test('gives exactly what is asked for where it is a multiple of the granularity', () => {
    expect(size(5n * MiB)).toEqual({ requiredBytes: 5n * MiB });
  });

  test('rounds up to the granularity and to the minimum', () => {
    expect(size(5n * MiB + 1n).requiredBytes).toBe(6n * MiB);
    expect(size(1n).requiredBytes).toBe(4n * MiB);
  });

  test('gives 1 GiB where nothing is asked for, and the limit where that is smaller', () => {
    expect(sizeRequest('v', undefined, LIMITS)).toEqual({ requiredBytes: GiB });
    expect(size(0n, 10n * MiB + 5n)).toEqual({ requiredBytes: 10n * MiB, limitBytes: 10n * MiB + 5n });
  });

  test('refuses what is beyond the limits, and names them', () => {
    for (const [required, limit] of [
      [TiB + 1n, 0n],
      [5n * MiB + 1n, 5n * MiB + 2n],
      [0n, 3n * MiB],
      [0n, 1n],
    ] as const) {
      expect(() => size(required, limit)).toThrow(
        expect.objectContaining({
          kind: 'out-of-range',
          message: expect.stringContaining('from 4 MiB to 1 TiB'),
        }),
      );
    }
  });

  test('gives a possible size within the request, or refuses', () => {
    const bytes = fc.bigInt({ min: 0n, max: 2n * TiB });
    fc.assert(
      fc.property(bytes, bytes, (required, limit) => {
        try {
          const { requiredBytes } = size(required, limit);
          expect(requiredBytes % MiB).toBe(0n);
          expect(
            (requiredBytes >= required && requiredBytes < required + 4n * MiB + MiB) || required === 0n,
          ).toBe(true);
          if (limit > 0n) expect(requiredBytes <= limit).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(BackendError);
        }
      }),
    );
  });
});
