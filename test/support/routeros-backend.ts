import { randomBytes } from 'node:crypto';
import { gate } from '../../src/backends/routeros/conversation/gate.ts';
import { RouterosBackend } from '../../src/backends/routeros/routeros-backend.ts';
import type { RouterosBackendOptions } from '../../src/backends/routeros/routeros-options.ts';
import { SshAppliance } from '../../src/backends/routeros/ssh/ssh-appliance.ts';
import { noSshMetrics } from '../../src/backends/routeros/ssh/ssh-metrics.ts';
import type { SshSettings } from '../../src/backends/routeros/ssh/ssh-settings.ts';
import { MiB } from '../../src/core/bytes.ts';
import { type Clock, SystemClock } from '../../src/core/clock.ts';
import { type Logger, silentLogger } from '../../src/core/observe/logger.ts';
import { NqnNaming } from '../../src/core/storage/nqn.ts';
import { Simulator } from '../simulator/simulator.ts';
import { until } from './until.ts';

export interface DriverChange {
  readonly options?: Partial<Omit<RouterosBackendOptions, 'appliance'>>;
  readonly ssh?: Partial<SshSettings>;
  /** Where it connects; default: the simulator itself. */
  readonly port?: number;
  readonly logger?: Logger;
  /** What its connection waits by, such as between attempts to reconnect. */
  readonly sshClock?: Clock;
}

const random = (bytes: number): Uint8Array => randomBytes(bytes);

/** The driver's backend in front of a simulator, connected. */
export async function connectedBackend(
  simulator: Simulator,
  change: DriverChange = {},
): Promise<RouterosBackend> {
  const { backend } = await connect(simulator, change);
  await until('the connection', () => backend.health().connected);
  return backend;
}

/** Begins to connect. */
export async function connect(simulator: Simulator, change: DriverChange = {}) {
  const name = 'rds';
  const clock = new SystemClock();
  const appliance = new SshAppliance({
    settings: {
      name,
      address: '127.0.0.1',
      port: change.port ?? simulator.port,
      user: Simulator.user,
      privateKey: simulator.userKey,
      hostKey: simulator.hostKeyLine,
      ...change.ssh,
    },
    prepare: gate({ name, clock, random }),
    clock: change.sshClock ?? clock,
    random: Math.random,
    logger: change.logger ?? silentLogger,
    metrics: noSshMetrics,
  });
  appliance.start();
  const backend = new RouterosBackend({
    name,
    clusterId: 'contract',
    appliance,
    naming: new NqnNaming('nqn.2026-01.test.rose:contract'),
    nvmeAddresses: ['192.0.2.10'],
    ports: { mode: 'per-volume', first: 20_000, last: 29_999 },
    pools: [],
    rules: { reservePercent: 5, overcommitThousandths: 1000 },
    abilities: { adoptsImages: false },
    settleMs: 0,
    clock,
    random,
    capabilities: { maxVolumeBytes: 128n * MiB },
    ...change.options,
  });
  return { backend, appliance };
}
