import { type AdminDeps, adminDeps } from '../../backends/routeros/admin/admin-deps.ts';
import { type CallContext, detachedContext } from '../../core/call-context.ts';
import { SystemClock } from '../../core/clock.ts';
import { withClusterId } from '../../kubernetes/cluster-id.ts';
import type { Settings } from '../../settings.ts';
import { connectAppliance } from '../connect-appliance.ts';
import { connectCluster } from '../connect-cluster.ts';

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
  const timeoutMs = settings.CALL_TIMEOUT_SECONDS * 1000;
  const withDeadline = () => AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  // The volumes are those of the cluster that `serve` serves: of another one, all of them would look foreign.
  const own = await withClusterId(
    settings,
    () => connectCluster(settings),
    new SystemClock(),
    withDeadline(),
  );
  const options = await connectAppliance(own, withDeadline());
  try {
    const deps = adminDeps(options);
    return await work({ deps, context: () => detachedContext(withDeadline()) });
  } finally {
    await options.appliance.close();
  }
}
