import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { RouterosBackend } from '../../src/backends/routeros/routeros-backend.ts';
import { run } from '../../src/commands/run.ts';
import { MiB } from '../../src/core/bytes.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { NqnNaming } from '../../src/core/storage/nqn.ts';
import { SETTINGS } from '../../src/settings.ts';
import type { Assumptions } from '../simulator/appliance/assumptions.ts';
import { Simulator, type SimulatorOptions } from '../simulator/simulator.ts';
import { PlainClient } from '../simulator/support/plain-client.ts';
import { connectedBackend } from '../support/routeros-backend.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const CLUSTER = 'test-cluster';

/** A simulated appliance and the command line; with the driver's backend on it, where a test asks for that. */
export class ApplianceRig {
  private driver: RouterosBackend | undefined;

  private constructor(
    readonly simulator: Simulator,
    readonly environment: Record<string, string>,
    private readonly folder: string,
  ) {}

  static async start(options: SimulatorOptions = {}): Promise<ApplianceRig> {
    const folder = await mkdtemp(`${tmpdir()}/rose-csi-commands-`);
    const simulator = await Simulator.start(options);
    await Bun.write(`${folder}/key`, simulator.userKey);
    const environment = {
      RDS_ADDRESS: '127.0.0.1',
      RDS_PORT: String(simulator.port),
      RDS_USER: Simulator.user,
      RDS_PRIVATE_KEY_FILE: `${folder}/key`,
      RDS_HOST_KEY: simulator.hostKeyFingerprint,
      CLUSTER_ID: CLUSTER,
    };
    return new ApplianceRig(simulator, environment, folder);
  }

  /** The oldest RouterOS that the driver works with, a pool of each kind, and the driver's backend on it. */
  static async withVolumes(assumptions: Partial<Assumptions> = {}): Promise<ApplianceRig> {
    const rig = await ApplianceRig.start({
      appliance: {
        version: '7.21.5',
        pools: [
          { slot: 'pool1', fs: 'btrfs', bytes: 1024n ** 4n },
          { slot: 'pool2', fs: 'xfs', bytes: 1024n ** 4n },
        ],
        assumptions: { existingImage: 'adopted', ...assumptions },
      },
    });
    await rig.connectDriver();
    return rig;
  }

  async connectDriver(): Promise<void> {
    const naming = new NqnNaming(SETTINGS.NQN_BASE.fallback);
    const abilities = { adoptsImages: true };
    this.driver = await connectedBackend(this.simulator, {
      options: { clusterId: CLUSTER, naming, abilities },
    });
  }

  get backend(): RouterosBackend {
    if (this.driver) return this.driver;
    throw new Error('connectDriver() first');
  }

  /** `rose-csi` with these words. */
  say(...args: string[]): Promise<Said> {
    return this.sayUntil(new AbortController().signal, ...args);
  }

  async sayUntil(stop: AbortSignal, ...args: string[]): Promise<Said> {
    const out: string[] = [];
    const err: string[] = [];
    const code = await run(args, {
      environment: this.environment,
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      stop,
    });
    return { code, out: out.join(''), err: err.join('') };
  }

  /** What a person types at the appliance. @throws Error where it says anything */
  async console(...lines: string[]): Promise<void> {
    const { simulator } = this;
    const client = await PlainClient.connect({
      port: simulator.port,
      username: Simulator.user,
      privateKey: simulator.userKey,
    });
    try {
      for (const line of lines) {
        const { out } = await client.exec(line);
        if (out.trim() !== '') throw new Error(`${line}: ${out}`);
      }
    } finally {
      await client.close();
    }
  }

  /** A volume of 64 MiB. */
  create(name: string, pool = 'pool1') {
    const spec = { name, requiredBytes: 64n * MiB, provisioning: 'thin', compression: false, pool } as const;
    return this.backend.createVolume(spec, this.context());
  }

  /** A small file of the appliance. */
  fileText(name: string): string | undefined {
    const node = this.simulator.appliance.tree.find(name);
    return node?.kind === 'file' ? node.contents : undefined;
  }

  context() {
    return detachedContext(AbortSignal.timeout(10_000));
  }

  async stop(): Promise<void> {
    await this.driver?.close();
    await this.simulator.stop();
    await rm(this.folder, { recursive: true });
  }
}
