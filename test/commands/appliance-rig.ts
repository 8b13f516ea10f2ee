import { run } from '../../src/commands/run.ts';
import { Simulator, type SimulatorOptions } from '../simulator/simulator.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { randomBytes } from 'node:crypto';
import { openRouterosBackend } from '../../src/backends/routeros/open-routeros-backend.ts';
import { noSshMetrics } from '../../src/backends/routeros/ssh/ssh-metrics.ts';
import type { RouterosBackend } from '../../src/backends/routeros/routeros-backend.ts';
import { readConfig } from '../../src/config.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { SystemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/observe/logger.ts';
import { routerosSettings } from '../../src/routeros-settings.ts';
import { until } from '../support/until.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A simulated appliance, the driver's backend on it, and the command line. */
export class ApplianceRig {
  private constructor(
    readonly simulator: Simulator,
    readonly backend: RouterosBackend,
    readonly environment: Readonly<Record<string, string>>,
    private readonly folder: string,
  ) {}

  static async start(options: SimulatorOptions = {}, changes: Record<string, string> = {}): Promise<ApplianceRig> {
    const folder = await mkdtemp(`${tmpdir()}/rose-csi-commands-`);
    const simulator = await Simulator.start(options);
    await Bun.write(`${folder}/key`, simulator.userKey);
    const environment = {
      NODE_NAME: 'command-test',
      RDS_BACKEND: 'routeros',
      RDS_ADDRESS: '127.0.0.1',
      RDS_PORT: String(simulator.port),
      RDS_USER: Simulator.user,
      RDS_PRIVATE_KEY_FILE: `${folder}/key`,
      RDS_HOST_KEY: simulator.hostKeyFingerprint,
      CLUSTER_ID: 'test-cluster',
      RDS_SETTLE_SECONDS: '0',
      ...changes,
    };
    const backend = await openRouterosBackend({
      ...routerosSettings(readConfig(environment, [])),
      clock: new SystemClock(),
      logger: silentLogger,
      metrics: noSshMetrics,
    });
    await until('a connection', () => backend.health().connected);
    return new ApplianceRig(simulator, backend, environment, folder);
  }

  /** `rose-csi` with these words. */
  async say(...args: string[]): Promise<Said> {
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

  /** A volume of 64 MiB. */
  create(name: string, pool = 'pool1') {
    return this.backend.createVolume(
      { name, requiredBytes: 64n * 1024n * 1024n, provisioning: 'thin', compression: false, pool },
      this.context(),
    );
  }

  context() {
    return detachedContext(AbortSignal.timeout(10_000));
  }

  async stop(): Promise<void> {
    await this.backend.close();
    await this.simulator.stop();
    await rm(this.folder, { recursive: true });
  }
}

export const newName = (): string => `pvc-${randomBytes(8).toString('hex')}`;
