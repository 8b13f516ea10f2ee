import { mkdir } from 'node:fs/promises';
import { command } from './command.ts';

/**
 * The Bun that the driver carries, from npm: Bun itself would download one for another architecture, unchecked.
 * npm checks what it gets; to install a package for another CPU it refuses.
 * @returns the path of the executable
 */
export async function fetchRuntime(name: string, version: string, folder: string): Promise<string> {
  const prefix = `${folder}/runtime-${version}`;
  const executable = `${prefix}/package/bin/bun`;
  if (await Bun.file(executable).exists()) return executable;
  await mkdir(prefix, { recursive: true });
  command(['npm', 'pack', '--silent', `--pack-destination=${prefix}`, `${name}@${version}`]);
  const archive = `${prefix}/${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
  command(['tar', '--extract', '--gzip', `--file=${archive}`, `--directory=${prefix}`, 'package/bin/bun']);
  return executable;
}
