import type { RouterosBackend } from '../../src/backends/routeros/routeros-backend.ts';
import type { SshTimings } from '../../src/backends/routeros/ssh/ssh-settings.ts';
import { MiB } from '../../src/core/bytes.ts';
import { type CallContext, detachedContext } from '../../src/core/call-context.ts';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import type { VolumeSpec } from '../../src/core/storage/volume.ts';
import { parseHandle } from '../../src/core/storage/volume-id.ts';
import type { DiskView } from '../simulator/appliance/appliance.ts';
import type { Assumptions } from '../simulator/appliance/assumptions.ts';
import { pathOf, type TreeNode } from '../simulator/appliance/nodes.ts';
import type { PoolOptions } from '../simulator/appliance/options.ts';
import { Simulator, type SimulatorOptions } from '../simulator/simulator.ts';
import { connectedBackend, type DriverChange } from '../support/routeros-backend.ts';
import { until } from '../support/until.ts';
import { SwiftClock } from './swift-clock.ts';

export const CLUSTER = 'contract';
/** One of each strategy: subvolumes, plain files. */
export const BTRFS = 'fast';
export const PLAIN = 'plain';
const POOLS: readonly PoolOptions[] = [
  { slot: BTRFS, fs: 'btrfs', bytes: 10_000n * MiB },
  { slot: PLAIN, fs: 'xfs', bytes: 10_000n * MiB },
];
/** What snapshots rest on; and what is done is done at once, since success is checked at that moment. */
const PROMPT: Partial<Assumptions> = {
  existingImage: 'adopted',
  subvolumeSpace: 'at-once',
  rebootExports: 'at-once',
};

/** The appliance itself protects nothing: what a script asks for is done. */
export const UNGUARDED: Partial<Assumptions> = {
  removeUsedFile: 'done',
  removeUsedSubvolume: 'done',
  shrink: 'done',
};

/** Reconnecting takes 50 ms instead of 1 s; everything else takes as long as ever, or is no subject here. */
const HURRY = 20;
const TIMINGS: SshTimings = {
  connectTimeoutMs: 10_000 * HURRY,
  prepareTimeoutMs: 10_000 * HURRY,
  keepaliveMs: 4_000,
  probeAfterMs: 5_000 * HURRY,
  probeTimeoutMs: 10_000 * HURRY,
  idleMs: 60_000 * HURRY,
  growPauseMs: 100 * HURRY,
  endTimeoutMs: 500 * HURRY,
};

export interface WorldOptions {
  readonly assumptions?: Partial<Assumptions>;
  readonly pools?: readonly PoolOptions[];
  readonly ssh?: SimulatorOptions['ssh'];
  readonly driver?: DriverChange;
  readonly version?: string;
}

/** An appliance with a driver in front of it, and a guard that nothing is lost which somebody was told is there. */
export class World {
  /** What went wrong that no return value shows. */
  readonly losses: string[] = [];
  private readonly kept = new Map<string, string>();
  private readonly extra: RouterosBackend[] = [];

  private constructor(
    readonly simulator: Simulator,
    readonly backend: RouterosBackend,
    private readonly options: WorldOptions,
  ) {
    const { tree } = simulator.appliance;
    const before = tree.onRemove;
    tree.onRemove = (node) => {
      this.guard(node);
      before(node);
    };
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const simulator = await Simulator.start({
      appliance: {
        version: options.version ?? '7.22.3',
        pools: options.pools ?? POOLS,
        assumptions: { ...PROMPT, ...options.assumptions },
      },
      ...(options.ssh && { ssh: options.ssh }),
    });
    return new World(simulator, await replica(simulator, options), options);
  }

  /** A second driver of the same cluster, that knows nothing of the first. */
  async replica(driver?: DriverChange): Promise<RouterosBackend> {
    const backend = await replica(this.simulator, { ...this.options, ...(driver && { driver }) });
    this.extra.push(backend);
    return backend;
  }

  async close(): Promise<void> {
    for (const backend of [this.backend, ...this.extra]) await backend.close();
    await this.simulator.stop();
  }

  /** Somebody was told that this volume is there: from now on its image must stay, and its disk. */
  acknowledge(slot: string): DiskView {
    const disk = this.simulator.appliance.disk(slot);
    if (!disk) throw new Error(`${slot} was acknowledged and has no disk`);
    this.kept.set(disk.filePath.slice(1), slot);
    return disk;
  }

  /** Its deletion was asked for. */
  release(slot: string): void {
    for (const [path, owner] of this.kept) if (owner === slot) this.kept.delete(path);
  }

  /** What of these slots the appliance still has: disks, exports, files, subvolumes. */
  remains(...slots: readonly string[]): string[] {
    const { appliance } = this.simulator;
    const of = (text: string) => slots.some((slot) => text.includes(slot));
    return [
      ...appliance.disks().map(({ slot }) => `disk ${slot}`),
      ...appliance.exports().map(({ slot }) => `export ${slot}`),
      ...appliance.files().map(({ name }) => `file ${name}`),
      ...appliance.subvolumes().map(({ fullname }) => `subvolume ${fullname}`),
    ].filter(of);
  }

  /** Everything in the pools but the folders that the cluster keeps. */
  everything(): string[] {
    const pools = (this.options.pools ?? POOLS).map(({ slot, mountPoint }) => mountPoint ?? slot);
    const folders = pools.flatMap((pool) =>
      ['', '/csi', `/csi/${CLUSTER}`, `/csi/${CLUSTER}/snap`].map((path) => `file ${pool}${path}`),
    );
    return this.remains('').filter((what) => !folders.includes(what) && what !== 'subvolume <FS_ROOT>');
  }

  /** Waits for the connection, and tries again as a CO does. @throws what it ends with after `tries` */
  async persist<T>(
    work: (context: CallContext) => Promise<T>,
    tries = 20,
    deadlineMs = 10_000,
    backend = this.backend,
  ): Promise<T> {
    for (let left = tries; ; left -= 1) {
      try {
        await until('the connection', () => backend.health().connected, 10_000);
        return await work(within(deadlineMs));
      } catch (error) {
        const again = error instanceof BackendError && AGAIN.has(error.kind);
        if (!again || left === 0) throw error;
      }
    }
  }

  private guard(node: TreeNode): void {
    const path = pathOf(node);
    const owner = this.kept.get(path);
    if (owner !== undefined) this.losses.push(`the image of ${owner} was removed: ${path}`);
  }
}

/** What a CO tries again: UNAVAILABLE, ABORTED, DEADLINE_EXCEEDED. */
const AGAIN: ReadonlySet<string> = new Set(['unavailable', 'changed', 'timeout']);

export const within = (ms: number): CallContext => detachedContext(AbortSignal.timeout(ms));

export const spec = (name: string, change: Partial<VolumeSpec> = {}): VolumeSpec => ({
  name,
  requiredBytes: MiB,
  provisioning: 'thin',
  compression: false,
  ...change,
});

export function slotOf(id: string): string {
  const slot = parseHandle(id)?.slot;
  if (slot === undefined) throw new Error(`${id} is no id`);
  return slot;
}

function replica(simulator: Simulator, { driver = {} }: WorldOptions): Promise<RouterosBackend> {
  return connectedBackend(simulator, {
    sshClock: new SwiftClock(HURRY),
    ...driver,
    ssh: { timings: TIMINGS, ...driver.ssh },
    options: { abilities: { adoptsImages: true }, ...driver.options },
  });
}
