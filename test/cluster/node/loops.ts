import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { run } from '../../vm/rig/run-program.ts';
import { eventually } from '../rig/eventually.ts';
import type { Namespaces } from './namespaces.ts';

/** Where the mock keeps its volumes, unless it is told otherwise. */
const VOLUMES = '/var/lib/rose-csi/';
const DELETED = ' (deleted)';

interface Loop {
  readonly name: string;
  readonly 'back-file': string;
  readonly 'back-ino': number | string;
}

/** Loop devices belong to the machine, not to a namespace: these are on files of the node's driver. */
export async function loopsOf(node: Namespaces): Promise<string[]> {
  const text = await node.run('losetup', '--list', '--json', '--output=NAME,BACK-FILE,BACK-INO');
  const { loopdevices } = (text.trim() === '' ? { loopdevices: [] } : JSON.parse(text)) as {
    loopdevices: Loop[];
  };
  const ours: string[] = [];
  for (const loop of loopdevices) if (await isOf(node, loop)) ours.push(loop.name);
  return ours;
}

async function isOf(node: Namespaces, loop: Loop): Promise<boolean> {
  const file = loop['back-file'];
  if (!file.startsWith(VOLUMES)) return false;
  if (file.endsWith(DELETED)) return true;
  // The same path may be another file in another mount namespace.
  const found = await stat(node.path(file)).catch(() => undefined);
  return found !== undefined && String(found.ino) === String(loop['back-ino']);
}

/** Detaches them; one whose mount is still going away goes with it. @throws Error where one stays */
export async function detach(loops: readonly string[]): Promise<void> {
  for (const loop of loops) await run('losetup', '--detach', loop);
  const stays = (loop: string) => existsSync(`/sys/block/${basename(loop)}/loop/backing_file`);
  await eventually('the loop devices are detached', async () => {
    const left = loops.filter(stays);
    return left.length === 0 || left;
  });
}
