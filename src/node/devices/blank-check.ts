import { KiB } from '../../core/bytes.ts';
import { type Extent, placesToCheck } from './blank-check-places.ts';
import { type DeviceReader, readExactly } from './device-reader.ts';

/**
 * Of one read; places are merged, so one may be as long as a small device. Longer ones would be fewer, but memory that is
 * touched for the first time costs more than a read.
 */
const CHUNK = 64n * KiB;
/** Each read is a round trip to the storage, and there are 95 to 160: one after the other they would be most of a stage. */
const AT_ONCE = 16;

/**
 * Looks for the first byte that is not zero in the places of {@link placesToCheck}.
 * @returns its offset; undefined: every read succeeded and all were zero
 * @throws NodeError `unavailable` where a place cannot be read: such a device is never called blank
 */
export async function firstNonZero(reader: DeviceReader, signal: AbortSignal): Promise<bigint | undefined> {
  const search = new Search(reader, signal);
  // All of them have ended before the device is closed, whichever failed.
  const lanes = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => search.lane()));
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  return search.first;
}

class Search {
  readonly #reader: DeviceReader;
  readonly #signal: AbortSignal;
  /** In ascending order. */
  readonly #rest: Iterator<Extent>;
  #ended = false;
  /** The least offset that was found. */
  first: bigint | undefined;

  constructor(reader: DeviceReader, signal: AbortSignal) {
    this.#reader = reader;
    this.#signal = signal;
    this.#rest = placesToCheck(reader.sizeBytes)
      .flatMap((place) => [...chunks(place)])
      .values();
  }

  /** Reads one extent after the other, until there is none, or one of the lanes has an answer. */
  async lane(): Promise<void> {
    // One for all of a lane's reads: what is read, 6 MiB and more, would stay with the process for a while.
    let buffer = new Uint8Array();
    for (let next = this.#rest.next(); !(next.done || this.#ended); next = this.#rest.next()) {
      const length = Number(next.value.length);
      if (buffer.byteLength < length) buffer = new Uint8Array(length);
      await this.#look(next.value, buffer);
    }
  }

  async #look({ offset, length }: Extent, buffer: Uint8Array): Promise<void> {
    try {
      const at = nonZeroIndex(await readExactly(this.#reader, offset, Number(length), this.#signal, buffer));
      if (at === undefined) return;
      const found = offset + BigInt(at);
      this.#ended = true;
      if (this.first === undefined || found < this.first) this.first = found;
    } catch (error) {
      this.#ended = true;
      throw error;
    }
  }
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
