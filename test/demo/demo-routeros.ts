import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { demand, type Print, Steps } from '../../src/commands/demo/steps.ts';
import { RAW_BLOCK, VolumeWalk } from '../../src/commands/demo/volume-walk.ts';
import { SimulatorProcess } from '../support/simulator-process.ts';
import { Console } from './console.ts';

const VERSION = '7.24';
const START_TIMEOUT_MS = 20_000;

export interface DemoRouterosOptions {
  readonly print: Print;
  /** Aborts at Ctrl-C: what was begun is undone. */
  readonly signal: AbortSignal;
  /** Starts the driver. */
  readonly command: readonly string[];
}

/**
 * The controller's half of the demo on a simulated RouterOS appliance, over real SSH: after each step the appliance
 * is asked what it has, as a person would at its console.
 * @returns the exit code
 */
export async function demoRouteros(options: DemoRouterosOptions): Promise<number> {
  const { print, signal } = options;
  const folder = await mkdtemp(`${tmpdir()}/rose-csi-demo-`);
  const steps = new Steps(print, () => performance.now(), signal);
  print(`rose-csi demo on RouterOS ${VERSION}, simulated, in ${folder}`);
  let failed = false;
  try {
    await withSimulator(steps, folder, options);
  } catch {
    failed = true; // The step has printed what failed.
  }
  await rm(folder, { recursive: true });
  print(`${steps.done} steps, ${signal.aborted ? 'interrupted' : failed ? 'FAILED' : 'all held'}`);
  return failed || signal.aborted ? 1 : 0;
}

async function withSimulator(steps: Steps, folder: string, options: DemoRouterosOptions): Promise<void> {
  const simulator = await started(steps, 'start the appliance', async () => {
    const appliance = await SimulatorProcess.start({ folder, flags: ['--version', VERSION] });
    return [appliance, `SSH on port ${appliance.port}, host key ${appliance.hostKey}`];
  });
  const console_ = new Console(simulator, options.print);
  try {
    await withDriver(steps, folder, simulator, console_, options);
    await steps.step('what the appliance has left', async () => {
      const { disks, nodes } = await simulator.state();
      const images = nodes.filter(({ kind }) => kind === 'file');
      demand(disks.length === 0 && images.length === 0, `${disks.length} disks, ${images.length} files`);
      const execs = await simulator.journal();
      return `no disk, no image; it ran ${execs.length} commands, ${(await simulator.sessions()).logins} logins`;
    });
  } finally {
    await steps.finish('stop the appliance', async () => {
      const code = await simulator.stop();
      demand(code === 0, `exit code ${code}`);
      return 'its state and keys are removed';
    });
  }
}

async function withDriver(
  steps: Steps,
  folder: string,
  simulator: SimulatorProcess,
  console_: Console,
  { command }: DemoRouterosOptions,
): Promise<void> {
  const driver = await started(steps, 'start the driver', async () => {
    const settings = { ...simulator.settings(), CSI_MODE: 'controller', NODE_NAME: 'demo-node' };
    const running = await DriverProcess.start({ command, folder, settings, timeoutMs: START_TIMEOUT_MS });
    return [running, 'RDS_BACKEND=routeros; Probe says ready: logged in, RouterOS and package are accepted'];
  });
  try {
    await walk(steps, driver, console_);
  } finally {
    await steps.finish('stop the driver', async () => {
      const code = await driver.stop();
      demand(code === 0, `exit code ${code}`);
      return 'SIGTERM, exit code 0';
    });
  }
}

async function walk(steps: Steps, driver: DriverProcess, console_: Console): Promise<void> {
  const volume = new VolumeWalk(steps, driver.client, 'demo-block', RAW_BLOCK);
  try {
    await volume.create();
    await console_.show('/disk print where type=file');
    await volume.publish();
    await console_.show('/disk print detail where type=file');
    await volume.expand();
    await console_.show(
      ':put [:serialize to=json options=json.no-string-conversion [/disk print as-value proplist=slot,file-size,size where type=file]]',
    );
    await volume.unpublish();
    await volume.publish();
    await console_.show(':put [/disk get [find where type=file] nvme-tcp-server-nqn]');
    await volume.unpublish();
    await volume.delete();
    await console_.show('/disk print where type=file');
  } catch (error) {
    await steps.finish('undo what was done', async () => {
      await volume.undo();
      return 'unpublished, deleted';
    });
    throw error;
  }
}

/** A step that starts something. */
async function started<T>(steps: Steps, title: string, start: () => Promise<[T, string]>): Promise<T> {
  const made: T[] = [];
  await steps.step(title, async () => {
    const [value, proof] = await start();
    made.push(value);
    return proof;
  });
  const [value] = made;
  if (value === undefined) throw new Error(`${title}: nothing was started`);
  return value;
}
