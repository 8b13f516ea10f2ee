import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { luksHeaderBytes } from '../../../test/support/node/luks-header-bytes.ts';
import { readLuksHeader } from './luks-header.ts';

const signal = AbortSignal.timeout(60_000);

function read(device: Uint8Array) {
  const reader = {
    path: '/dev/disk',
    sizeBytes: BigInt(device.length),
    read: async (offset: bigint, length: number) => device.subarray(Number(offset), Number(offset) + length),
  };
  return readLuksHeader(reader, signal);
}
const refused = (why: string) => ({ kind: 'precondition', message: expect.stringContaining(why) });

describe('a LUKS2 header', () => {
  test('says what its volume is for, and where the content begins', async () => {
    expect(await read(luksHeaderBytes('rose-csi:no-filesystem-yet', 4096n))).toEqual({
      subsystem: 'rose-csi:no-filesystem-yet',
      dataOffset: 4096n,
    });
    expect(await read(luksHeaderBytes(''))).toEqual({ subsystem: '', dataOffset: 16n << 20n });
  });

  test('that differs in a single byte is refused', async () => {
    const whole = luksHeaderBytes('rose-csi');
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, change) => {
          // Behind the checksum's own 32 bytes its field is not used.
          fc.pre(at < 480 || at >= 512);
          const torn = Buffer.from(whole);
          torn.writeUInt8((torn.readUInt8(at) ^ change) & 0xff, at);
          await expect(read(torn)).rejects.toMatchObject({ kind: expect.stringMatching(/precondition/) });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('is nothing that does not begin as one', async () => {
    await expect(read(new Uint8Array(16 << 10))).rejects.toMatchObject(refused('does not begin'));
  });

  test('with more than one encrypted segment, as while it is encrypted anew, is refused', async () => {
    const segment = { type: 'crypt', offset: '4096' };
    for (const segments of [{}, { 0: segment, 1: segment }, { 0: { ...segment, type: 'linear' } }]) {
      const header = luksHeaderBytes('rose-csi', 0n, segments);
      await expect(read(header)).rejects.toMatchObject(refused('one encrypted segment'));
    }
  });
});
