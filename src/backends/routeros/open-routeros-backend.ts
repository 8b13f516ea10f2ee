import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/observe/logger.ts';
import type { NqnNaming } from '../../core/storage/nqn.ts';
import { gate } from './conversation/gate.ts';
import type { NvmePorts } from './operations/ports.ts';
import { RouterosBackend } from './routeros-backend.ts';
import { type SshAccess, sshSettings } from './ssh/ssh-access.ts';
import { SshAppliance } from './ssh/ssh-appliance.ts';
import type { SshMetrics } from './ssh/ssh-metrics.ts';

export interface RouterosSettings extends SshAccess {
  readonly clusterId: string;
  readonly naming: NqnNaming;
  /** Empty: `address`. */
  readonly nvmeAddresses: readonly string[];
  readonly ports: NvmePorts;
  readonly pools: readonly string[];
  readonly reservePercent: number;
  readonly overcommit: number;
  readonly adoptsImages: boolean;
  readonly settleMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SshMetrics;
}

/**
 * Begins to connect, and does not wait for it: the driver serves without an appliance.
 * @throws BackendError `invalid` a key or password file cannot be read, or is none
 */
export async function openRouterosBackend(settings: RouterosSettings): Promise<RouterosBackend> {
  const { name, clock, logger, metrics } = settings;
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  const appliance = new SshAppliance({
    settings: await sshSettings(settings),
    prepare: gate({ name, clock, random }),
    clock,
    random: Math.random,
    logger,
    metrics,
  });
  appliance.start();
  return new RouterosBackend({
    name,
    clusterId: settings.clusterId,
    appliance,
    naming: settings.naming,
    nvmeAddresses: settings.nvmeAddresses.length > 0 ? settings.nvmeAddresses : [settings.address],
    ports: settings.ports,
    pools: settings.pools,
    rules: {
      reservePercent: settings.reservePercent,
      overcommitThousandths: Math.round(settings.overcommit * 1000),
    },
    abilities: { adoptsImages: settings.adoptsImages },
    settleMs: settings.settleMs,
    clock,
    random,
  });
}
