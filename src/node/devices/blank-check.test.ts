import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { KiB, MiB } from '../../core/bytes.ts';
import { firstNonZero } from './blank-check.ts';
import { placesToCheck } from './blank-check-places.ts';
import type { DeviceReader } from './device-reader.ts';

const signal = AbortSignal.timeout(60_000);

/** A device of zeros, but for the bytes at the given offsets. */
function disk(sizeBytes: bigint, stains: readonly bigint[] = []): DeviceReader {
  return {
    path: '/dev/test',
    sizeBytes,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      for (const stain of stains) {
        if (stain >= offset && stain < offset + BigInt(length)) bytes[Number(stain - offset)] = 1;
      }
      return bytes;
    },
  };
}

describe('the blank check', () => {
  test('calls a device of zeros blank, whatever its size', async () => {
    for (const size of [0n, 512n, MiB - 512n, MiB, 3n * MiB + 512n, 100n * MiB]) {
      expect(await firstNonZero(disk(size), signal)).toBeUndefined();
    }
  });

  test('gives the first offset that is not zero', async () => {
    expect(await firstNonZero(disk(64n * MiB, [63n * MiB + 7n, 8n * MiB + KiB + 56n]), signal)).toBe(
      8n * MiB + KiB + 56n,
    );
  });

  test('finds any byte in any of the places', async () => {
    const size = 300n * MiB;
    const places = placesToCheck(size);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(places.length - 1),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (at, part) => {
          const place = places[at];
          if (!place) throw new Error('no such place');
          const stain = place.offset + BigInt(Math.floor(Number(place.length) * part));
          expect(await firstNonZero(disk(size, [stain]), signal)).toBe(stain);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('finds a device that is full of one and the same byte', async () => {
    const full = {
      ...disk(8n * MiB),
      read: async (_: bigint, length: number) => new Uint8Array(length).fill(255),
    };
    expect(await firstNonZero(full, signal)).toBe(0n);
  });

  test('reads several places at once, but not too many, and leaves no read behind that it began', async () => {
    let running = 0;
    let most = 0;
    const slow: DeviceReader = {
      ...disk(1024n * MiB),
      read: async (offset, length) => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        // The read that fails is not the last one to end.
        if (offset > 0n) await new Promise(setImmediate);
        running -= 1;
        if (offset === 0n) throw Object.assign(new Error('i/o error'), { code: 'EIO' });
        return new Uint8Array(length);
      },
    };
    await expect(firstNonZero(slow, signal)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(most).toBe(16);
    expect(running).toBe(0);
  });

  test('a read that fails is no proof', async () => {
    const broken: DeviceReader = {
      ...disk(64n * MiB),
      read: async (offset, length) => {
        if (offset > 0n) throw Object.assign(new Error('i/o error'), { code: 'EIO' });
        return new Uint8Array(length);
      },
    };
    await expect(firstNonZero(broken, signal)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/\/dev\/test cannot be read at offset \d+: EIO/),
    });
  });

  test('a read that comes back short is no proof', async () => {
    const short: DeviceReader = {
      ...disk(64n * MiB),
      read: async (_offset, length) => new Uint8Array(length - 512),
    };
    await expect(firstNonZero(short, signal)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('instead of'),
    });
  });

  test('stops at the signal, even if a read hangs', async () => {
    const abort = new AbortController();
    const reason = new Error('the caller left');
    const hanging: DeviceReader = {
      ...disk(64n * MiB),
      read: () => {
        abort.abort(reason);
        return new Promise(() => undefined);
      },
    };
    await expect(firstNonZero(hanging, abort.signal)).rejects.toBe(reason);
  });
});
