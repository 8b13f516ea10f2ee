import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/observe/logger.ts';
import { BackendError } from '../../core/storage/backend-error.ts';
import type { NqnNaming } from '../../core/storage/nqn.ts';
import { gate } from './conversation/gate.ts';
import type { NvmePorts } from './operations/ports.ts';
import { RouterosBackend } from './routeros-backend.ts';
import { SshAppliance } from './ssh/ssh-appliance.ts';
import type { SshMetrics } from './ssh/ssh-metrics.ts';

export interface RouterosSettings {
  readonly name: string;
  readonly clusterId: string;
  readonly naming: NqnNaming;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Paths; "" where there is none. */
  readonly privateKeyFile: string;
  readonly passphraseFile: string;
  readonly passwordFile: string;
  /** "" where there is none: then `insecureHostKey` must be true. */
  readonly hostKey: string;
  readonly insecureHostKey: boolean;
  readonly sessions: number;
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
  const [privateKey, passphrase, password] = await Promise.all([
    secret('RDS_PRIVATE_KEY_FILE', settings.privateKeyFile),
    secret('RDS_PASSPHRASE_FILE', settings.passphraseFile),
    secret('RDS_PASSWORD_FILE', settings.passwordFile),
  ]);
  const appliance = new SshAppliance({
    settings: {
      name,
      address: settings.address,
      port: settings.port,
      user: settings.user,
      ...(privateKey !== undefined && { privateKey }),
      ...(passphrase !== undefined && { passphrase }),
      ...(password !== undefined && { password }),
      ...(settings.hostKey !== '' && { hostKey: settings.hostKey }),
      insecureHostKey: settings.insecureHostKey,
      poolLimit: settings.sessions,
    },
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

/** The file's text without its last line break; the error names the setting and the file, never what is in it. */
async function secret(setting: string, path: string): Promise<string | undefined> {
  if (path === '') return undefined;
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unreadable';
    throw new BackendError('invalid', `${setting} names ${path}, which cannot be read (${code})`);
  }
}
