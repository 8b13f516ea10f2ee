import { lstat, mkdir, open, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errno } from '../exec/errno.ts';
import { NodeError } from '../node-error.ts';

const FOLDER_MODE = 0o750;
const FILE_MODE = 0o640;

/**
 * Makes what a mount on the target needs: a folder for a file system, an empty file for a device node. What is there
 * already is taken if it is of that kind.
 * @returns whether it was made now
 * @throws NodeError `precondition` something else is there · `unavailable`
 */
export async function makeTarget(path: string, kind: 'folder' | 'file'): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
    if (kind === 'folder') await mkdir(path, { mode: FOLDER_MODE });
    else await (await open(path, 'wx', FILE_MODE)).close();
    return true;
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw failed(`cannot make the target path ${path}`, error);
  }
  const found = await attempt(path, () => lstat(path));
  if (kind === 'folder' ? found.isDirectory() : found.isFile()) return false;
  throw new NodeError('precondition', `target path ${path} exists, but is no ${kind}; remove it`);
}

/**
 * Removes the empty folder or file that was the mount point; absent is a success. Whatever has content is somebody's.
 * To be called only once nothing is mounted there.
 * @throws NodeError `precondition` it is not empty, or neither file nor folder · `unavailable`
 */
export async function removeTarget(path: string): Promise<void> {
  const found = await attempt(path, () => lstat(path).catch(absent));
  if (!found) return;
  if (found.isDirectory()) return attempt(path, () => rmdir(path));
  if (found.isFile() && found.size === 0) return attempt(path, () => unlink(path));
  throw new NodeError(
    'precondition',
    `target path ${path} is no empty file or folder; look at it, remove it`,
  );
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failed(`target path ${path}`, error);
  }
}

function failed(what: string, cause: unknown): NodeError {
  const code = errno(cause) ?? String(cause);
  const kind = code === 'ENOTEMPTY' || code === 'ENOTDIR' ? 'precondition' : 'unavailable';
  const remedy = code === 'ENOTEMPTY' ? '; it has content of its own, which is left alone: look at it' : '';
  return new NodeError(kind, `${what}: ${code}${remedy}`, { cause });
}

function absent(error: unknown): undefined {
  if (errno(error) !== 'ENOENT') throw error;
}
