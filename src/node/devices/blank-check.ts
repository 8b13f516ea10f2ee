import { MiB } from '../../core/bytes.ts';
import { type Extent, placesToCheck } from './blank-check-places.ts';
import { type DeviceReader, readExactly } from './device-reader.ts';

/** Read at once; places are merged, so one may be as long as a small device. */
const CHUNK = MiB;

/**
 * Looks for the first byte that is not zero in the places of {@link placesToCheck}.
 * @returns its offset; undefined: every read succeeded and all were zero
 * @throws NodeError `unavailable` where a place cannot be read: such a device is never called blank
 */
export async function firstNonZero(reader: DeviceReader, signal: AbortSignal): Promise<bigint | undefined> {
  for (const place of placesToCheck(reader.sizeBytes)) {
    for (const { offset, length } of chunks(place)) {
      const at = nonZeroIndex(await readExactly(reader, offset, Number(length), signal));
      if (at !== undefined) return offset + BigInt(at);
    }
  }
  return undefined;
}

function* chunks({ offset, length }: Extent): Generator<Extent> {
  for (let done = 0n; done < length; done += CHUNK) {
    const rest = length - done;
    yield { offset: offset + done, length: rest < CHUNK ? rest : CHUNK };
  }
}

function nonZeroIndex(bytes: Uint8Array): number | undefined {
  // Compared as one buffer first: a loop over each byte of a clean device would take the most of the time.
  if (Buffer.compare(bytes, new Uint8Array(bytes.byteLength)) === 0) return undefined;
  return bytes.findIndex((byte) => byte !== 0);
}
