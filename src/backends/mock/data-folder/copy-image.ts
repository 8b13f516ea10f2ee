import { constants } from 'node:fs';
import { copyFile, type FileHandle, open } from 'node:fs/promises';
import { errnoOf } from '../failure.ts';

/** Shares the blocks of one file with another (FICLONE); false where the file system cannot. */
export type Reflink = (from: string, to: string) => Promise<boolean>;

/** ioctl_ficlone(2): these say that it cannot be had here, not that something broke. */
const NOT_HERE = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS']);

export const reflink: Reflink = async (from, to) => {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (NOT_HERE.has(errnoOf(error) ?? '')) return false;
    throw error;
  }
};

const CHUNK = 1024 * 1024;

/** Copies what is not zero, so that a sparse image stays sparse. The target is overwritten; it is not synced. */
export async function copySparse(from: string, to: string, signal: AbortSignal): Promise<void> {
  const source = await open(from, 'r');
  try {
    const target = await open(to, 'w', 0o600);
    try {
      await copyChunks(source, target, signal);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyChunks(source: FileHandle, target: FileHandle, signal: AbortSignal): Promise<void> {
  const { size } = await source.stat();
  await target.truncate(size);
  const zeros = Buffer.alloc(CHUNK);
  const chunk = Buffer.alloc(CHUNK);
  for (let at = 0; at < size; ) {
    signal.throwIfAborted();
    const { bytesRead } = await source.read(chunk, 0, CHUNK, at);
    if (bytesRead === 0) return;
    const data = chunk.subarray(0, bytesRead);
    if (!data.equals(zeros.subarray(0, bytesRead))) await writeAll(target, data, at);
    at += bytesRead;
  }
}

async function writeAll(target: FileHandle, data: Buffer, start: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    done += (await target.write(data, done, data.length - done, start + done)).bytesWritten;
  }
}
