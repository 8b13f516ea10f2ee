import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { loopDevicesBelow, mountsBelow } from '../../src/commands/demo/node-walk.ts';
import { fleetSettings } from '../support/fleet-settings.ts';
import type { SanityResults } from './junit.ts';
import { objectsLeft, type Target, type TargetResults } from './target.ts';

const START_TIMEOUT_MS = 10_000;

/** The mock backend with the loop transport: every volume is really attached and mounted. */
export class MockTarget implements Target {
  readonly name: string;
  readonly skips = ['Skipped by csi-sanity'];
  readonly leftOut = ['Left out of csi-sanity'];

  constructor(
    private readonly command: readonly string[],
    readonly accessType: string,
    /** Of the appliances, where there are several. */
    private readonly fleet: readonly string[] = [],
  ) {
    this.name = [fleet.length > 0 ? 'fleet-mock' : 'mock', accessType].join('-');
  }

  async run(work: (driver: DriverProcess, folder: string) => Promise<SanityResults>): Promise<TargetResults> {
    const folder = await mkdtemp(`${tmpdir()}/rose-csi-sanity-`);
    const { command, fleet } = this;
    const appliances = Object.fromEntries(fleet.map((name) => [name, {}]));
    const several = fleet.length > 0 && (await fleetSettings(`${folder}/appliances.yaml`, appliances));
    const settings = { NODE_NAME: 'sanity-node', ...several };
    const driver = await DriverProcess.start({ command, folder, settings, timeoutMs: START_TIMEOUT_MS });
    const faults: string[] = [];
    try {
      const results = await work(driver, folder);
      faults.push(...(await objectsLeft(driver)));
      return { results, faults };
    } finally {
      const code = await driver.stop();
      if (code !== 0) faults.push(`the driver ended with exit code ${code}`);
      faults.push(...(await notReal(`${folder}/driver.log`)));
      const left = [...mountsBelow(folder), ...(await loopDevicesBelow(folder))];
      if (left.length > 0) faults.push(`left behind: ${left.join(', ')}; the log is ${folder}/driver.log`);
      else await rm(folder, { recursive: true });
    }
  }
}

/** The volumes must have been real: the driver's log says which programs it ran. */
async function notReal(log: string): Promise<string[]> {
  const text = await Bun.file(log).text();
  const ran = (program: string) => text.split(`"program":"${program}"`).length - 1;
  const counts = ['losetup', 'mount', 'umount'].map((program) => [program, ran(program)] as const);
  process.stdout.write(
    `the driver ran ${counts.map(([program, count]) => `${program} ${count} times`).join(', ')}\n`,
  );
  return counts
    .filter(([, count]) => count === 0)
    .map(([program]) => `nothing was real: ${program} was never run`);
}
