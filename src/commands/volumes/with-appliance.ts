import { randomBytes } from 'node:crypto';
import { type AdminDeps, adminDeps } from '../../backends/routeros/admin/admin-deps.ts';
import { connectOnce } from '../../backends/routeros/admin/connect-once.ts';
import { gate } from '../../backends/routeros/conversation/gate.ts';
import { sshSettings } from '../../backends/routeros/ssh/ssh-access.ts';
import { type CallContext, detachedContext } from '../../core/call-context.ts';
import { SystemClock } from '../../core/clock.ts';
import { silentLogger } from '../../core/observe/logger.ts';
import { routerosSettings } from '../../routeros-settings.ts';
import type { Settings } from '../../settings.ts';

/** What a subcommand works with. Each call gets a context of its own, with the deadline of `CALL_TIMEOUT_SECONDS`. */
export interface ApplianceDesk {
  readonly deps: AdminDeps;
  readonly context: () => CallContext;
}

/** Connects, does the work, and disconnects. @throws BackendError `unavailable` it cannot be reached */
export async function withAppliance<T>(
  settings: Settings,
  stop: AbortSignal,
  work: (desk: ApplianceDesk) => Promise<T>,
): Promise<T> {
  const options = routerosSettings(settings);
  const clock = new SystemClock();
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  const timeoutMs = settings.CALL_TIMEOUT_SECONDS * 1000;
  const withDeadline = () => AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  const appliance = await connectOnce(
    {
      settings: { ...(await sshSettings(options)), poolLimit: 1 },
      prepare: gate({ name: options.name, clock, random }),
      clock,
      random: Math.random,
      logger: silentLogger,
    },
    withDeadline(),
  );
  try {
    const { reservePercent, overcommit, adoptsImages } = options;
    const deps = adminDeps({
      ...options,
      appliance,
      clock,
      random,
      rules: { reservePercent, overcommitThousandths: Math.round(overcommit * 1000) },
      abilities: { adoptsImages },
    });
    return await work({ deps, context: () => detachedContext(withDeadline()) });
  } finally {
    await appliance.close();
  }
}
