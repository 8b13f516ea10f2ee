import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { fleetSettings } from '../support/fleet-settings.ts';
import { SimulatorProcess } from '../support/simulator-process.ts';
import { until } from '../support/until.ts';
import type { SanityResults } from './junit.ts';
import { objectsLeft, type Target, type TargetResults } from './target.ts';

const START_TIMEOUT_MS = 20_000;
/** What a full run writes at the least, all appliances alike; fewer would mean that it went somewhere else. */
const LEAST_WRITES = 10;

export interface RouterosTargetOptions {
  readonly command: readonly string[];
  readonly version: string;
  readonly accessType: string;
  /** Of each command, ms. */
  readonly latencyMs: number;
  /** Their names, where there are several of them. */
  readonly fleet?: readonly string[];
}

/**
 * The RouterOS backend over real SSH, with a simulated appliance in a process of its own. The node is the driver's own
 * one, which has no NVMe/TCP here: specs that stage are left out.
 */
export class RouterosTarget implements Target {
  readonly name: string;
  readonly accessType: string;
  readonly skips = ['Skipped by csi-sanity'];
  readonly leftOut = ['Left out of csi-sanity', 'Left out of csi-sanity on routeros'];

  constructor(private readonly options: RouterosTargetOptions) {
    const { version, accessType, latencyMs, fleet } = options;
    this.accessType = accessType;
    this.name = `${fleet ? 'fleet' : 'routeros'}-${version}-${accessType}-${latencyMs}ms`;
  }

  async run(work: (driver: DriverProcess, folder: string) => Promise<SanityResults>): Promise<TargetResults> {
    const folder = await mkdtemp(`${tmpdir()}/rose-csi-sanity-`);
    const simulators = new Map<string, SimulatorProcess>();
    try {
      for (const name of this.options.fleet ?? ['only']) {
        simulators.set(name, await this.simulator(`${folder}/${name}`));
      }
      return await this.withDriver(simulators, folder, work);
    } finally {
      await Promise.all([...simulators.values()].map((simulator) => simulator.stop()));
      await rm(folder, { recursive: true });
    }
  }

  private async simulator(folder: string): Promise<SimulatorProcess> {
    const { version, latencyMs } = this.options;
    await mkdir(folder);
    // What snapshots rest on; docs/hardware-questions.md.
    const adopting = ['--assume', 'existingImage=adopted'];
    const flags = ['--version', version, '--latency', String(latencyMs), ...adopting];
    return SimulatorProcess.start({ folder, flags });
  }

  private async withDriver(
    simulators: ReadonlyMap<string, SimulatorProcess>,
    folder: string,
    work: (driver: DriverProcess, folder: string) => Promise<SanityResults>,
  ): Promise<TargetResults> {
    const { command, fleet } = this.options;
    const each = [...simulators].map(([name, simulator]) => [name, simulator.settings()] as const);
    const settings = {
      ...(fleet ? await fleetSettings(`${folder}/appliances.yaml`, Object.fromEntries(each)) : each[0]?.[1]),
      NODE_NAME: 'sanity-node',
      RDS_EXISTING_IMAGES: 'adopted',
      // csi-sanity moves no volume between nodes that write.
      RDS_SETTLE_SECONDS: '0',
    };
    const driver = await DriverProcess.start({ command, folder, settings, timeoutMs: START_TIMEOUT_MS });
    const faults: string[] = [];
    try {
      await until('every appliance answers', () => answersWhole(driver), START_TIMEOUT_MS);
      const results = await work(driver, folder);
      faults.push(...(await objectsLeft(driver)));
      for (const simulator of simulators.values())
        faults.push(...(await applianceFaults(simulator, LEAST_WRITES / simulators.size)));
      return { results, faults };
    } finally {
      const code = await driver.stop();
      if (code !== 0) faults.push(`the driver ended with exit code ${code}`);
    }
  }
}

/** The driver is ready with the first of its appliances; a list is refused while one is still being connected. */
const answersWhole = ({ client }: DriverProcess): Promise<boolean> =>
  client.controller.listVolumes({ maxEntries: 0, startingToken: '' }).then(
    () => true,
    () => false,
  );

/** The appliance must have been asked, must have understood everything, and must be as it was. */
async function applianceFaults(simulator: SimulatorProcess, leastWrites: number): Promise<string[]> {
  const [execs, { logins }, { disks, nodes }] = await Promise.all([
    simulator.journal(),
    simulator.sessions(),
    simulator.state(),
  ]);
  const writes = execs.filter(({ statements }) => statements.includes('/disk/add')).length;
  process.stdout.write(
    `the appliance ran ${execs.length} commands over ${logins} connections, ${writes} with /disk/add\n`,
  );
  const images = nodes.filter(({ kind, path }) => kind === 'file' && path.includes('/csi/'));
  const ended = execs.filter(({ outcome }) => outcome !== 'ok');
  return [
    ...(writes < leastWrites ? [`nothing was real: ${writes} times /disk/add`] : []),
    ...(disks.length > 0 ? [`left behind: ${disks.length} disks`] : []),
    ...images.map(({ path }) => `left behind: ${path}`),
    ...ended.map(({ outcome, text }) => `a command ended with ${outcome}: ${text}`),
  ];
}
