import { chmodSync, writeFileSync } from 'node:fs';
import type { Assumptions } from '../../simulator/appliance/assumptions.ts';
import { BtrfsStore } from '../../simulator/nvmet/btrfs-store.ts';
import { FileStore } from '../../simulator/nvmet/file-store.ts';
import { NvmetExporter } from '../../simulator/nvmet/nvmet-exporter.ts';
import { Simulator } from '../../simulator/simulator.ts';
import { POOL } from './appliance.ts';

const LOOPBACK = '127.0.0.1';
const GiB = 1n << 30n;
const LOOK_MS = 50;
const KEY_FILE = '/run/rose-csi-key';

/** The simulator with its images on the scratch disk, exported by this kernel. The pool must be mounted. */
export class SimulatedAppliance {
  static #count = 0;
  readonly #clockwork: Timer;

  private constructor(
    readonly simulator: Simulator,
    private readonly address: string,
  ) {
    // Exports that are late after a boot begin when somebody looks whether it is their time.
    this.#clockwork = setInterval(() => simulator.appliance.exports(), LOOK_MS);
  }

  /**
   * @param options.address where its exports are to be reached
   * @param options.subvolumes the pool is a btrfs, and snapshots are its own
   */
  static async start(
    assumptions: Partial<Assumptions> = {},
    { address = LOOPBACK, subvolumes = false } = {},
  ): Promise<SimulatedAppliance> {
    SimulatedAppliance.#count += 1;
    const root = `${POOL}/appliance-${SimulatedAppliance.#count}`;
    const Store = subvolumes ? BtrfsStore : FileStore;
    const store = new Store(root, assumptions.imageAllocation ?? 'full');
    const exporter = new NvmetExporter(store, address);
    const pools = [{ slot: 'pool1', fs: 'btrfs' as const, bytes: 8n * GiB }];
    const simulator = await Simulator.start({ appliance: { assumptions, store, exporter, pools } });
    writeFileSync(KEY_FILE, simulator.userKey);
    chmodSync(KEY_FILE, 0o600);
    return new SimulatedAppliance(simulator, address);
  }

  /** What a driver is told to find it. */
  settings(): Readonly<Record<string, string>> {
    return {
      RDS_BACKEND: 'routeros',
      RDS_ADDRESS: LOOPBACK,
      RDS_NVME_ADDRESS: this.address,
      RDS_PORT: String(this.simulator.port),
      RDS_USER: Simulator.user,
      RDS_PRIVATE_KEY_FILE: KEY_FILE,
      RDS_HOST_KEY: this.simulator.hostKeyFingerprint,
      CLUSTER_ID: 'vm',
    };
  }

  /** What is exported now, by NQN. */
  exports(): readonly string[] {
    return this.simulator.appliance.exports().map(({ nqn }) => nqn);
  }

  async stop(): Promise<void> {
    clearInterval(this.#clockwork);
    await this.simulator.stop();
    this.simulator.appliance.powerDown();
  }
}
