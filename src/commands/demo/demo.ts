import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { CopiesWalk } from './copies-walk.ts';
import { DriverProcess, selfCommand } from './driver-process.ts';
import { growableFilesystem } from './growable-filesystem.ts';
import { loopDevicesBelow, mountsBelow, NodeWalk } from './node-walk.ts';
import { demand, type Print, Steps } from './steps.ts';
import { DEMO_NODE, fileSystem, RAW_BLOCK, VolumeWalk } from './volume-walk.ts';

export const DEMO_HELP = `rose-csi demo: a volume's life on the embedded default

Starts the driver on the mock backend and walks through it as Kubernetes would: create, publish, stage, write,
snapshot, overwrite, restore, clone, expand, unpublish, delete; once with a file system, once as a raw block device. Each line says what it
proved. As root on Linux with real loop devices and mounts; otherwise the controller's half only.
Everything lies in a temporary folder, and nothing is left behind. Exit code 1 if anything failed.
`;

const START_TIMEOUT_MS = 10_000;

export interface DemoOptions {
  readonly print: Print;
  /** Aborts at Ctrl-C: what was begun is undone. */
  readonly signal: AbortSignal;
  /** Starts the driver. */
  readonly command: readonly string[];
  /** Whether devices and mounts may be made: root on Linux. */
  readonly withNode: boolean;
}

/** The options for this very program on this machine. */
export const demoHere = (print: Print, signal: AbortSignal): DemoOptions => ({
  print,
  signal,
  command: selfCommand(process.execPath, Bun.main),
  withNode: process.platform === 'linux' && process.getuid?.() === 0,
});

/** @returns the exit code */
export async function demo(options: DemoOptions): Promise<number> {
  const { print, signal, withNode } = options;
  const folder = await mkdtemp(`${tmpdir()}/rose-csi-demo-`);
  const steps = new Steps(print, () => performance.now(), signal);
  print(`rose-csi demo in ${folder}`);
  if (!withNode) print("  not root on Linux: the node's half (devices, mounts) is left out");
  let failed = false;
  try {
    await run(steps, folder, options);
  } catch {
    // The step has printed what failed; what is left to say is the exit code.
    failed = true;
  }
  const left = withNode ? [...mountsBelow(folder), ...(await loopDevicesBelow(folder))] : [];
  if (left.length > 0) print(`  left behind: ${left.join(', ')}; the log is ${folder}/driver.log`);
  else await rm(folder, { recursive: true });
  const outcome = signal.aborted ? 'interrupted' : failed || left.length > 0 ? 'FAILED' : 'all held';
  print(`${steps.done} steps, ${outcome}`);
  return failed || signal.aborted || left.length > 0 ? 1 : 0;
}

async function run(steps: Steps, folder: string, { command, withNode }: DemoOptions): Promise<void> {
  const settings = { NODE_NAME: DEMO_NODE };
  const started: DriverProcess[] = [];
  await steps.step('start the driver', async () => {
    started.push(await DriverProcess.start({ command, folder, settings, timeoutMs: START_TIMEOUT_MS }));
    return 'Probe says ready';
  });
  for (const driver of started) {
    try {
      await walkBoth(steps, driver, folder, withNode);
    } finally {
      await steps.finish('stop the driver', async () => {
        const code = await driver.stop();
        demand(code === 0, `exit code ${code}`);
        return 'SIGTERM, exit code 0';
      });
    }
  }
}

async function walkBoth(
  steps: Steps,
  driver: DriverProcess,
  folder: string,
  withNode: boolean,
): Promise<void> {
  const fsType = withNode ? await growableFilesystem() : 'ext4';
  for (const [name, capability] of [
    [`demo-${fsType}`, fileSystem(fsType)],
    ['demo-block', RAW_BLOCK],
  ] as const) {
    const volume = new VolumeWalk(steps, driver.client, name, capability);
    const nodeOf = (of: VolumeWalk, called: string) =>
      withNode ? new NodeWalk(steps, driver.client, of, folder, called) : undefined;
    const node = nodeOf(volume, name);
    const copies = new CopiesWalk(steps, driver.client, name, { volume, node }, nodeOf);
    try {
      await walk(volume, node, copies);
    } catch (error) {
      await steps.finish('undo what was done', async () => {
        await copies.undo();
        await node?.undo();
        await volume.undo();
        return 'unpublished, unstaged, deleted';
      });
      throw error;
    }
  }
}

async function walk(volume: VolumeWalk, node: NodeWalk | undefined, copies: CopiesWalk): Promise<void> {
  await volume.create();
  await volume.publish();
  await node?.stage();
  await node?.publish();
  await node?.write();
  await copies.walk();
  await volume.expand();
  await node?.expand();
  await node?.read('after the expansion');
  await node?.stats();
  await node?.unpublish();
  await node?.unstage();
  await volume.unpublish();
  if (node) {
    await volume.publish();
    await node.stage();
    await node.publish();
    await node.read('under the next epoch');
    await node.unpublish();
    await node.unstage();
    await volume.unpublish();
  }
  await volume.delete();
}
