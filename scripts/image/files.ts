import { lstat, readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { Glob } from 'bun';
import type { Deb } from './debs.ts';

/** A file of a package: where it lies in the image, and where it is to be copied from. */
export interface PackagedFile {
  readonly path: string;
  readonly source: string;
  readonly deb: Deb;
  /** Where a symbolic link points to, as a path in the image. */
  readonly target?: string;
}

/** Debian's folders beside /usr are links into it, on every system and in the image; packages still name both. */
export const merged = (path: string): string => path.replace(/^\/(bin|sbin|lib|lib64)(?=\/)/, '/usr/$1');

/** All files of some packages by their path in the image. */
export class Files {
  private constructor(private readonly files: ReadonlyMap<string, PackagedFile>) {}

  static async of(debs: readonly Deb[]): Promise<Files> {
    const files = new Map<string, PackagedFile>();
    for (const deb of debs) {
      for await (const name of new Glob('**/*').scan({ cwd: deb.folder, dot: true, onlyFiles: false })) {
        const source = `${deb.folder}/${name}`;
        const path = merged(`/${name}`);
        const status = await lstat(source);
        if (status.isDirectory()) continue;
        const link = status.isSymbolicLink() ? await readlink(source) : undefined;
        const target = link === undefined ? {} : { target: merged(posix.resolve(posix.dirname(path), link)) };
        files.set(path, { path, source, deb, ...target });
      }
    }
    return new Files(files);
  }

  /** A file, and where it is a link, all that it leads over. @throws Error where there is none */
  follow(path: string): PackagedFile[] {
    const file = this.files.get(path);
    if (!file) throw new Error(`no package has ${path}`);
    return file.target === undefined ? [file] : [file, ...this.follow(file.target)];
  }

  /** A program by its name. @throws Error where there is none */
  program(name: string): PackagedFile[] {
    const path = ['/usr/sbin', '/usr/bin']
      .map((folder) => `${folder}/${name}`)
      .find((at) => this.files.has(at));
    if (path === undefined) throw new Error(`no package has a program ${name}`);
    return this.follow(path);
  }

  /** A library by the name that programs ask for. @throws Error where there is none */
  library(name: string): PackagedFile[] {
    for (const path of this.files.keys()) {
      if (
        /^\/usr\/lib(64)?\//.test(path) &&
        posix.basename(path) === name &&
        posix.dirname(path).split('/').length <= 4
      ) {
        return this.follow(path);
      }
    }
    throw new Error(`no package has a library ${name}`);
  }

  /** A package's copyright, which the licences ask to be passed on; some share another package's folder. */
  copyright({ name }: Deb): PackagedFile[] {
    const folder = `/usr/share/doc/${name}`;
    const link = this.files.get(folder);
    if (link?.target === undefined) return this.follow(`${folder}/copyright`);
    return [link, ...this.follow(`${link.target}/copyright`)];
  }
}
