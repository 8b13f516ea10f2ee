import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/observe/logger.ts';
import type { NqnNaming } from '../../core/storage/nqn.ts';
import { gate } from './conversation/gate.ts';
import type { NvmePorts } from './operations/ports.ts';
import { RouterosBackend } from './routeros-backend.ts';
import type { RouterosBackendOptions } from './routeros-options.ts';
import { type SshAccess, sshSettings } from './ssh/ssh-access.ts';
import { SshAppliance } from './ssh/ssh-appliance.ts';
import type { SshMetrics } from './ssh/ssh-metrics.ts';

/** As people set them: what {@link backendOptions} reads. */
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
}

interface RouterosParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SshMetrics;
}

/** What the settings mean for a backend, or for the commands for administrators. */
export function backendOptions(
  settings: RouterosSettings,
  parts: Pick<RouterosBackendOptions, 'appliance' | 'clock' | 'random'>,
): RouterosBackendOptions {
  const { name, clusterId, naming, address, nvmeAddresses, ports, pools, settleMs } = settings;
  const { reservePercent, overcommit, adoptsImages } = settings;
  return {
    ...{ name, clusterId, naming, ports, pools, settleMs },
    nvmeAddresses: nvmeAddresses.length > 0 ? nvmeAddresses : [address],
    rules: { reservePercent, overcommitThousandths: Math.round(overcommit * 1000) },
    abilities: { adoptsImages },
    ...parts,
  };
}

/**
 * Begins to connect, and does not wait for it: the driver serves without an appliance.
 * @throws BackendError `invalid` a key or password file cannot be read, or is none
 */
export async function openRouterosBackend(
  settings: RouterosSettings & RouterosParts,
): Promise<RouterosBackend> {
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
  return new RouterosBackend(backendOptions(settings, { appliance, clock, random }));
}
