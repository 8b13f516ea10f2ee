import { mkdir, readdir, rm } from 'node:fs/promises';
import { command } from './command.ts';

/** A package of Debian, unpacked. */
export interface Deb {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Where its files lie, as if that were the root. */
  readonly folder: string;
  /** Its control file, as dpkg keeps it. */
  readonly control: string;
}

/**
 * Fetches packages and what they depend on for an architecture, from this machine's own sources of Debian packages, and
 * unpacks each into a folder of its own. apt checks the signatures; nothing is installed, no script of a package is run.
 * @param folder is made anew
 */
export async function fetchDebs(
  packages: readonly string[],
  architecture: string,
  folder: string,
): Promise<Deb[]> {
  await rm(folder, { recursive: true, force: true });
  for (const path of ['state/lists/partial', 'cache/archives/partial']) {
    await mkdir(`${folder}/${path}`, { recursive: true });
  }
  await Bun.write(`${folder}/state/status`, '');
  // As if nothing were installed, and nothing essential: an image needs neither apt nor a shell.
  const options = {
    'Dir::State': `${folder}/state`,
    'Dir::State::status': `${folder}/state/status`,
    'Dir::Cache': `${folder}/cache`,
    'APT::Architecture': architecture,
    'APT::Architectures::': architecture,
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
    'pkgCacheGen::ForceEssential': 'none',
  };
  const apt = [
    'apt-get',
    '-q',
    '-y',
    ...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]),
  ];
  command([...apt, 'update']);
  command([...apt, 'install', '--download-only', ...packages]);
  const archives = `${folder}/cache/archives`;
  const names = (await readdir(archives)).filter((name) => name.endsWith('.deb')).sort();
  return Promise.all(names.map((name) => unpack(`${archives}/${name}`, `${folder}/unpacked/${name}`)));
}

async function unpack(archive: string, folder: string): Promise<Deb> {
  await mkdir(folder, { recursive: true });
  command(['dpkg-deb', '--extract', archive, folder]);
  const control = command(['dpkg-deb', '--field', archive]);
  const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(control)?.[1] ?? '';
  return {
    name: field('Package'),
    version: field('Version'),
    architecture: field('Architecture'),
    folder,
    control,
  };
}
