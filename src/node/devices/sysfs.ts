import { readdir, readFile, readlink } from 'node:fs/promises';
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

async function unlessGone<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (cause) {
    const code = errno(cause);
    if (GONE.has(code ?? '')) return undefined;
    throw new NodeError('unavailable', `cannot read ${path}: ${code ?? String(cause)}`, { cause });
  }
}
