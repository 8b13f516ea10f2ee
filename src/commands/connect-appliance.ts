import { randomBytes } from 'node:crypto';
import { connectOnce } from '../backends/routeros/admin/connect-once.ts';
import { gate } from '../backends/routeros/conversation/gate.ts';
import { backendOptions } from '../backends/routeros/open-routeros-backend.ts';
import type { RouterosBackendOptions } from '../backends/routeros/routeros-options.ts';
import { sshSettings } from '../backends/routeros/ssh/ssh-access.ts';
import { SystemClock } from '../core/clock.ts';
import { silentLogger } from '../core/observe/logger.ts';
import { routerosSettings } from '../routeros-settings.ts';
import type { Settings } from '../settings.ts';

/**
 * Connects to the appliance of the settings, with one connection, for a command that a person waits for.
 * @returns what a backend, or the commands for administrators, are made of; the appliance is the caller's to close
 * @throws BackendError `unavailable` it cannot be reached
 */
export async function connectAppliance(
  settings: Settings,
  signal: AbortSignal,
): Promise<RouterosBackendOptions> {
  const options = routerosSettings(settings);
  const clock = new SystemClock();
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  const appliance = await connectOnce(
    {
      settings: { ...(await sshSettings(options)), poolLimit: 1 },
      prepare: gate({ name: options.name, clock, random }),
      clock,
      random: Math.random,
      logger: silentLogger,
    },
    signal,
  );
  return backendOptions(options, { appliance, clock, random });
}
