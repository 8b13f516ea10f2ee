import { chmod, copyFile, mkdir, symlink } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { FILES, FOLDERS, OWN_FILES, PROGRAMS } from './contents.ts';
import type { Deb } from './debs.ts';
import { Files, merged, type PackagedFile } from './files.ts';
import { needed } from './needed.ts';

/** Loaded by name at run time, so that no header asks for it: glibc's cancellation of threads unwinds with it. */
const LOADED_BY_NAME = ['libgcc_s.so.1'];

/**
 * Lays out the image's root below a folder: the programs, what they are linked with, what they read, and the packages
 * that all of it came from, as dpkg would list them.
 * @param driver a file that is linked with libraries, too, and goes into a layer of its own
 * @returns the packages that something was taken from
 */
export async function layRoot(debs: readonly Deb[], driver: string, root: string): Promise<Deb[]> {
  const files = await Files.of(debs);
  const taken = new Map<string, PackagedFile>();
  const take = (found: readonly PackagedFile[]): void => {
    const fresh = found.filter(({ path }) => !taken.has(path));
    for (const file of fresh) taken.set(file.path, file);
    for (const file of fresh) {
      if (file.target === undefined && isElf(file)) takeNeeded(file.source);
    }
  };
  const takeNeeded = (path: string): void => {
    const { libraries, linker } = needed(path);
    if (linker !== undefined) take(files.follow(merged(linker)));
    for (const name of libraries) take(files.library(name));
  };
  takeNeeded(driver);
  for (const name of PROGRAMS) take(files.program(name));
  for (const name of LOADED_BY_NAME) take(files.library(name));
  for (const path of FILES) take(files.follow(path));
  const used = debs.filter((deb) => Array.from(taken.values()).some((file) => file.deb === deb));
  for (const deb of used) take(files.copyright(deb));
  await write(root, taken.values());
  for (const { name, control } of used) await put(root, `/var/lib/dpkg/status.d/${name}`, control);
  return used;
}

const isElf = ({ path }: PackagedFile): boolean =>
  /^\/usr\/s?bin\//.test(path) || /^\/usr\/lib.*\.so(\.|$)/.test(path);

async function write(root: string, files: Iterable<PackagedFile>): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(`${root}/usr/${name}`, { recursive: true });
    await symlink(`usr/${name}`, `${root}/${name}`);
  }
  for (const path of FOLDERS) await mkdir(root + path, { recursive: true });
  await chmod(`${root}/tmp`, 0o1777);
  for (const { path, source, target } of files) {
    await mkdir(dirname(root + path), { recursive: true });
    if (target === undefined) {
      await copyFile(source, root + path);
      // mount and umount would take on root's rights: here whoever is not root may not mount.
      if (/\/s?bin\//.test(path)) await chmod(root + path, 0o755);
    } else await symlink(posix.relative(posix.dirname(path), target), root + path);
  }
  for (const [path, text] of Object.entries(OWN_FILES)) await put(root, path, text);
}

async function put(root: string, path: string, text: string): Promise<void> {
  await Bun.write(root + path, text);
}
