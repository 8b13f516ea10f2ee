/**
 * `bun test/cluster/node/run.ts up|down`: a cluster of one node to play with, the driver installed by its chart, with
 * volumes that are files. It runs until it is taken down.
 */
import { resolve } from 'node:path';
import { prepare, VALUES } from './installation.ts';
import { BUSYBOX } from './local-images.ts';
import { Node } from './node.ts';
import { Tools } from './tools.ts';

const FOLDER = resolve(import.meta.dir, '../../../.cache/cluster');

const say = (text: string) => process.stdout.write(`${text}\n`);

async function up(): Promise<void> {
  const begun = performance.now();
  const seconds = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  const node = await Node.start(FOLDER);
  try {
    say(`node ready after ${seconds()}`);
    await prepare(node);
    await Tools.of(node).helm('install', 'rose-csi', VALUES);
  } catch (error) {
    await Node.stop(FOLDER);
    throw error;
  }
  say(`driver installed after ${seconds()}; StorageClass rose, image ${BUSYBOX} for pods\n`);
  say(`  export KUBECONFIG=${node.kubeconfig} PATH=${node.programs}:$PATH`);
  say('  make cluster-down    takes it down');
}

switch (process.argv[2]) {
  case 'up':
    await up();
    break;
  case 'down':
    await Node.stop(FOLDER);
    break;
  default:
    throw new Error('usage: run.ts up|down');
}
