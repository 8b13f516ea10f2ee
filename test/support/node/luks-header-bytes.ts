import { createHash } from 'node:crypto';

/** A LUKS2 header of 16 KiB as cryptsetup writes its first copy, with no more in it than the driver reads. */
export function luksHeaderBytes(subsystem: string, offset = 16n << 20n, segments?: unknown): Buffer {
  const header = Buffer.alloc(16 << 10);
  header.write('LUKS\xba\xbe', 0, 'latin1');
  header.writeUInt16BE(2, 6);
  header.writeBigUInt64BE(BigInt(header.length), 8);
  header.write('sha256', 72, 'latin1');
  header.write(subsystem, 208, 'latin1');
  const crypt = { type: 'crypt', offset: String(offset), size: 'dynamic' };
  header.write(JSON.stringify({ segments: segments ?? { 0: crypt } }), 4096);
  createHash('sha256').update(header).digest().copy(header, 448);
  return header;
}
