import { KiB } from '../../core/bytes.ts';
import { type Extent, placesToCheck } from './blank-check-places.ts';
import { type DeviceReader, readExactly } from './device-reader.ts';

/** Of one read; places are merged, so one may be as long as a small device. */
const CHUNK = 256n * KiB;
/** Each read is a round trip to the storage, and there are 95 to 160: one after the other they would be most of a stage. */
const AT_ONCE = 16;

/**
 * Looks for the first byte that is not zero in the places of {@link placesToCheck}.
 * @returns its offset; undefined: every read succeeded and all were zero
 * @throws NodeError `unavailable` where a place cannot be read: such a device is never called blank
 */
export async function firstNonZero(reader: DeviceReader, signal: AbortSignal): Promise<bigint | undefined> {
  const all = placesToCheck(reader.sizeBytes).flatMap((place) => [...chunks(place)]);
  for (let done = 0; done < all.length; done += AT_ONCE) {
    // All of them have ended before the device is closed, whichever failed.
    const results = await Promise.allSettled(
      all.slice(done, done + AT_ONCE).map((extent) => nonZeroIn(reader, extent, signal)),
    );
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason;
      if (result.value !== undefined) return result.value;
    }
  }
  return undefined;
}

async function nonZeroIn(
  reader: DeviceReader,
  { offset, length }: Extent,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const at = nonZeroIndex(await readExactly(reader, offset, Number(length), signal));
  return at === undefined ? undefined : offset + BigInt(at);
}

function* chunks({ offset, length }: Extent): Generator<Extent> {
  for (let done = 0n; done < length; done += CHUNK) {
    const rest = length - done;
    yield { offset: offset + done, length: rest < CHUNK ? rest : CHUNK };
  }
}

function nonZeroIndex(bytes: Uint8Array): number | undefined {
  // A first zero, and each byte as the one before it, compared natively: a loop over the bytes of a clean device would
  // take the most of the time, and a second buffer of zeros for each read nearly as much.
  if (bytes[0] === 0 && Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0) return undefined;
  return bytes.findIndex((byte) => byte !== 0);
}
