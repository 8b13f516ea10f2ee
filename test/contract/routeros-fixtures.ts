import { randomBytes } from 'node:crypto';
import { MiB } from '../../src/core/bytes.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import type { Assumptions } from '../simulator/appliance/assumptions.ts';
import type { PoolOptions } from '../simulator/appliance/options.ts';
import { Simulator } from '../simulator/simulator.ts';
import { connectedBackend, type DriverChange } from '../support/routeros-backend.ts';
import { until } from '../support/until.ts';
import type { BackendFixture } from './bench.ts';

export interface RouterosFixtureOptions {
  readonly version: string;
  readonly pools: readonly PoolOptions[];
  readonly assumptions?: Partial<Assumptions>;
  readonly driver?: DriverChange;
  readonly latencyMs?: number;
}

export interface RouterosFixture extends BackendFixture {
  readonly simulator: Simulator;
}

/** A pool that the contract's sizes fit into. */
export const pool = (slot: string, fs: PoolOptions['fs'], bytes: bigint = 100n * MiB): PoolOptions => ({
  slot,
  fs,
  bytes,
});

/** A simulator of its own, and the driver's backend in front of it. */
export async function routerosFixture(options: RouterosFixtureOptions): Promise<RouterosFixture> {
  const { version, pools, assumptions, latencyMs } = options;
  const simulator = await Simulator.start({
    appliance: { version, pools, random: randomBytes, ...(assumptions && { assumptions }) },
    ...(latencyMs !== undefined && { latency: { perCommandMs: latencyMs } }),
  });
  const open = () => connectedBackend(simulator, options.driver);
  const backend = await open();
  let current: StorageBackend = backend;
  return {
    simulator,
    backend,
    restart: async () => {
      await current.close();
      current = await open();
      return current;
    },
    outage: {
      begin: async () => {
        simulator.faults.add({ fault: { kind: 'refuse-connection' }, times: Number.POSITIVE_INFINITY });
        simulator.dropSessions();
        await until('the connection', () => !current.health().connected);
        return current.health().reason ?? '';
      },
      end: async () => {
        simulator.faults.clear();
        await until('the connection', () => current.health().connected);
      },
    },
    cutDeletions: async (work) => {
      const rule = simulator.faults.add({
        fault: { kind: 'cut' },
        on: { statement: /^\/(file|disk\/btrfs\/subvolume)\/remove$/ },
        times: Number.POSITIVE_INFINITY,
      });
      await work();
      rule.remove();
      await until('the connection', () => current.health().connected);
    },
    dispose: async () => {
      await current.close();
      await simulator.stop();
    },
  };
}
