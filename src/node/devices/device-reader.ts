import { type FileHandle, open } from 'node:fs/promises';
import { abortable } from '../../core/abortable.ts';
import { errno } from '../exec/errno.ts';
import { NodeError } from '../node-error.ts';

/** Random access to a block device's bytes. */
export interface DeviceReader {
  readonly path: string;
  readonly sizeBytes: bigint;
  /**
   * Gives up to `length` bytes; fewer only where the device ends or does not deliver. Throws what the system says.
   * @param buffer takes them, where it is given, and has to be large enough; the answer is a view of it
   */
  read(offset: bigint, length: number, buffer?: Uint8Array): Promise<Uint8Array>;
}

/** Opens a device for the time of `use`. */
export type ReadDevice = <T>(
  device: { readonly path: string; readonly sizeBytes: bigint },
  signal: AbortSignal,
  use: (reader: DeviceReader) => Promise<T>,
) => Promise<T>;

/**
 * Reads exactly `length` bytes.
 * @param buffer see {@link DeviceReader.read}; after an abort the kernel may still write to it
 * @throws NodeError `precondition` beyond the device's end · `unavailable` the read failed or came back short
 */
export async function readExactly(
  reader: DeviceReader,
  offset: bigint,
  length: number,
  signal: AbortSignal,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  if (offset < 0n || offset + BigInt(length) > reader.sizeBytes) {
    throw new NodeError(
      'precondition',
      `${reader.path} has ${reader.sizeBytes} bytes, so ${length} bytes at offset ${offset} are not on it`,
    );
  }
  const bytes = await abortable(reader.read(offset, length, buffer), signal).catch((cause: unknown) => {
    if (signal.aborted) throw signal.reason;
    throw notReadable(reader.path, offset, errno(cause) ?? String(cause), cause);
  });
  if (bytes.byteLength === length) return bytes;
  throw notReadable(reader.path, offset, `${bytes.byteLength} bytes came instead of ${length}`);
}

function notReadable(path: string, offset: bigint, what: string, cause?: unknown): NodeError {
  return new NodeError(
    'unavailable',
    `${path} cannot be read at offset ${offset}: ${what}; check the storage behind it, then try again`,
    { cause },
  );
}

/**
 * The {@link ReadDevice} of a real system. A read that hangs in the kernel keeps its thread and its descriptor until
 * the kernel lets go; the caller is released at the signal.
 */
export const readBlockDevice: ReadDevice = async (device, signal, use) => {
  const handle = await openForReading(device.path, signal);
  try {
    return await use({ ...device, read: (offset, length, buffer) => readAt(handle, offset, length, buffer) });
  } finally {
    const closed = handle.close();
    if (signal.aborted) closed.catch(() => undefined);
    else await closed;
  }
};

async function openForReading(path: string, signal: AbortSignal): Promise<FileHandle> {
  const opening = open(path, 'r');
  try {
    return await abortable(opening, signal);
  } catch (cause) {
    if (!signal.aborted) {
      throw new NodeError('unavailable', `${path} cannot be opened: ${errno(cause) ?? String(cause)}`, {
        cause,
      });
    }
    opening.then((late) => late.close()).catch(() => undefined);
    throw signal.reason;
  }
}

async function readAt(
  handle: FileHandle,
  offset: bigint,
  length: number,
  buffer: Uint8Array = new Uint8Array(length),
): Promise<Uint8Array> {
  const { bytesRead } = await handle.read(buffer, 0, length, Number(offset));
  return buffer.subarray(0, bytesRead);
}
