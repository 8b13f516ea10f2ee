import { createHash } from 'node:crypto';
import { z } from 'zod';
import { KiB, MiB } from '../../core/bytes.ts';
import { type DeviceReader, readExactly } from '../devices/device-reader.ts';
import { NodeError } from '../node-error.ts';

/** What the driver needs to know of a LUKS2 header. */
export interface LuksHeader {
  /** Free for users of LUKS; the driver says there whether a file system was ever made. */
  readonly subsystem: string;
  /** Where the content begins, bytes. */
  readonly dataOffset: bigint;
}

/** Big-endian; LUKS2 On-Disk Format Specification 1.1, section 2.1 (struct luks2_hdr_disk). */
const BINARY_BYTES = 4096;
const MAGIC = Buffer.from('LUKS\xba\xbe', 'latin1');
const VERSION = { at: 6, is: 2 };
const HEADER_SIZE = 8;
const CHECKSUM_ALGORITHM = { at: 72, length: 32 };
const SUBSYSTEM = { at: 208, length: 48 };
const CHECKSUM = { at: 448, length: 64 };
const SMALLEST = 16n * KiB;
const LARGEST = 4n * MiB;

const schema = z.object({
  segments: z.record(z.string(), z.object({ type: z.string(), offset: z.string().regex(/^\d{1,19}$/) })),
});

/**
 * Reads the first of the two copies. cryptsetup writes it anew from the second where it was torn, whenever it opens the
 * device: so this is read after an open.
 * @throws NodeError `unavailable` it cannot be read · `precondition` it is no whole LUKS2 header
 */
export async function readLuksHeader(reader: DeviceReader, signal: AbortSignal): Promise<LuksHeader> {
  const first = Buffer.from(await readExactly(reader, 0n, BINARY_BYTES, signal));
  const size = first.readBigUInt64BE(HEADER_SIZE);
  if (!first.subarray(0, MAGIC.length).equals(MAGIC) || first.readUInt16BE(VERSION.at) !== VERSION.is) {
    throw damaged(reader, 'it does not begin as a LUKS2 header does');
  }
  if (size < SMALLEST || size > LARGEST) throw damaged(reader, 'its length cannot be right');
  const whole = Buffer.from(await readExactly(reader, 0n, Number(size), signal));
  assertChecksum(reader, whole);
  return { subsystem: text(whole, SUBSYSTEM), dataOffset: dataOffset(reader, whole.subarray(BINARY_BYTES)) };
}

function assertChecksum(reader: DeviceReader, header: Buffer): void {
  const algorithm = text(header, CHECKSUM_ALGORITHM);
  if (algorithm !== 'sha256')
    throw damaged(reader, `its checksum is of the kind ${JSON.stringify(algorithm)}`);
  const sum = Buffer.from(header.subarray(CHECKSUM.at, CHECKSUM.at + 32));
  const cleared = Buffer.from(header);
  cleared.fill(0, CHECKSUM.at, CHECKSUM.at + CHECKSUM.length);
  if (!createHash('sha256').update(cleared).digest().equals(sum))
    throw damaged(reader, 'its checksum is wrong');
}

function dataOffset(reader: DeviceReader, area: Buffer): bigint {
  const end = area.indexOf(0);
  const parsed = schema.safeParse(json(area.toString('utf8', 0, end < 0 ? area.length : end)));
  const [segment, ...more] = Object.values(parsed.data?.segments ?? {});
  if (segment?.type === 'crypt' && more.length === 0) return BigInt(segment.offset);
  throw damaged(reader, 'it does not describe one encrypted segment');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function text(header: Buffer, { at, length }: { readonly at: number; readonly length: number }): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? length : end);
}

const damaged = ({ path }: DeviceReader, why: string): NodeError =>
  new NodeError(
    'precondition',
    `${path} has no LUKS2 header that can be used: ${why}; look at it with cryptsetup luksDump`,
  );
