import { constants } from 'node:fs';
import { open, readdir, readFile, readlink } from 'node:fs/promises';
import { errno } from '../exec/errno.ts';
import { NodeError } from '../node-error.ts';

/** ENOTDIR: asked below a plain attribute. ENODEV: the device went between open and read (fs/kernfs/file.c). */
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ENODEV']);

/**
 * An attribute without its final newline; undefined if there is no such attribute, or its device is gone.
 * @throws NodeError `unavailable` for every other failure
 */
export async function readAttribute(path: string): Promise<string | undefined> {
  const text = await unlessGone(path, () => readFile(path, 'utf8'));
  return text?.replace(/\n$/, '');
}

/** The names in a folder, sorted; undefined if there is no such folder. @throws NodeError `unavailable` */
export async function readNames(path: string): Promise<readonly string[] | undefined> {
  const names = await unlessGone(path, () => readdir(path));
  return names?.sort();
}

/** Where a symlink points to; undefined if there is none. @throws NodeError `unavailable` */
export function readTarget(path: string): Promise<string | undefined> {
  return unlessGone(path, () => readlink(path));
}

/**
 * Writes an attribute, never a new file; false if there is no such attribute, or its device is gone.
 * @throws NodeError `unavailable` for every other failure
 */
export async function writeAttribute(path: string, value: string): Promise<boolean> {
  const written = await unlessGone(path, async () => {
    const handle = await open(path, constants.O_WRONLY);
    try {
      await handle.write(value);
      return true;
    } finally {
      await handle.close();
    }
  });
  return written ?? false;
}

async function unlessGone<T>(path: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (cause) {
    const code = errno(cause);
    if (GONE.has(code ?? '')) return undefined;
    throw new NodeError('unavailable', `cannot use ${path}: ${code ?? String(cause)}`, { cause });
  }
}
