import { type DeviceReader, readExactly } from '../devices/device-reader.ts';
import { NodeError } from '../node-error.ts';

/**
 * The bytes of a superblock, once its magic number is where it must be.
 * @throws NodeError `precondition` no superblock of that type, `unavailable` the device cannot be read
 */
export async function superblockBytes(
  reader: DeviceReader,
  place: { readonly type: string; readonly offset: bigint; readonly length: number },
  magic: { readonly offset: number; readonly bytes: Uint8Array },
  signal: AbortSignal,
): Promise<DataView> {
  const bytes = await readExactly(reader, place.offset, place.length, signal);
  const found = bytes.subarray(magic.offset, magic.offset + magic.bytes.byteLength);
  if (Buffer.compare(found, magic.bytes) !== 0) {
    throw new NodeError('precondition', `${reader.path} has no ${place.type} superblock at ${place.offset}`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
