import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run-program.ts';

/**
 * Debian packages that are unpacked into a folder and never installed. Those of the backports are found through lists
 * of our own, on the mirror that the system uses, so that the system's own sources stay as they are.
 */
export class Packages {
  readonly #folder: string;

  /** @param folder below which lists and downloads are kept */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The package that a metapackage stands for, by the pattern of its name. */
  async behind(meta: string, pattern: RegExp, backports: boolean): Promise<string> {
    const text = await run('apt-cache', ...(await this.#options(backports)), 'depends', meta);
    const found = pattern.exec(text)?.[0];
    if (found) return found;
    throw new Error(`${meta} depends on nothing like ${pattern}: ${text}`);
  }

  /** Unpacks one package. */
  async unpack(name: string, target: string, backports: boolean): Promise<void> {
    const downloads = this.#fresh('downloads');
    const options = await this.#options(backports);
    await run(
      'sh',
      '-c',
      'cd "$1" && shift && exec "$@"',
      'sh',
      downloads,
      'apt-get',
      ...options,
      'download',
      name,
    );
    await this.#extract(downloads, target);
  }

  /** Unpacks a package of the backports with all that it needs and the system does not have. */
  async unpackWithDependencies(name: string, target: string): Promise<void> {
    const downloads = this.#fresh('downloads');
    mkdirSync(join(downloads, 'partial'));
    const options = [...(await this.#options(true)), '-o', `Dir::Cache::archives=${downloads}`];
    const install = ['install', '--download-only', '--no-install-recommends', '--yes'];
    await run('apt-get', ...options, ...install, name);
    await this.#extract(downloads, target);
  }

  async #extract(downloads: string, target: string): Promise<void> {
    mkdirSync(target, { recursive: true });
    for (const name of readdirSync(downloads).filter((file) => file.endsWith('.deb'))) {
      await run('dpkg', '-x', join(downloads, name), target);
    }
    rmSync(downloads, { recursive: true });
  }

  #fresh(name: string): string {
    const folder = join(this.#folder, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  async #options(backports: boolean): Promise<string[]> {
    if (!backports) return [];
    const list = join(this.#folder, 'backports.list');
    const lists = join(this.#folder, 'lists');
    const options = [
      ...['-o', `APT::Default-Release=${await this.#suite()}`],
      ...[
        '-o',
        `Dir::Etc::sourcelist=${list}`,
        '-o',
        'Dir::Etc::sourceparts=-',
        '-o',
        `Dir::State::lists=${lists}`,
      ],
      ...['-o', `Dir::Cache::pkgcache=`, '-o', `Dir::Cache::srcpkgcache=`],
    ];
    if (existsSync(list)) return options;
    mkdirSync(join(lists, 'partial'), { recursive: true });
    const [mirror] = (
      await run('apt-get', 'indextargets', '--format', '$(REPO_URI)', 'Origin: Debian')
    ).split('\n');
    const [base] = (await this.#suite()).split('-');
    const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
    const lines = [base, `${base}-backports`].map(
      (suite) => `deb [signed-by=${keys}] ${mirror} ${suite} main\n`,
    );
    writeFileSync(`${list}.new`, lines.join(''));
    const preparing = options.map((option) => option.replace(list, `${list}.new`));
    await run('apt-get', ...preparing, 'update', '-qq');
    writeFileSync(list, lines.join(''));
    await run('apt-get', ...options, 'update', '-qq');
    return options;
  }

  async #suite(): Promise<string> {
    const codename = (await run('sh', '-c', '. /etc/os-release && echo "$VERSION_CODENAME"')).trim();
    return `${codename}-backports`;
  }
}
