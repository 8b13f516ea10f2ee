import type { PluginRegistration } from './core/csi/registration.ts';
import type { Health } from './core/observe/http-server.ts';
import type { Readiness } from './core/services/identity.ts';
import type { ApplianceHealth, Fleet } from './core/storage/fleet.ts';

/**
 * A node is ready when it serves; a controller while one of its appliances answers, since the volumes there can be
 * worked with. The reason names the others, whether or not the answer is yes.
 */
export function fleetReadiness(fleet: Pick<Fleet, 'health'> | undefined): Readiness {
  const health = fleet?.health() ?? [];
  const away = health.filter(({ connected }) => !connected);
  if (away.length === 0) return { ready: true };
  return { ready: away.length < health.length, reason: away.map(describe).join('; ') };
}

const describe = ({ appliance, since, reason }: ApplianceHealth): string =>
  `appliance ${appliance} is away since ${new Date(since).toISOString()}: ${reason}`;

/** As Probe says it, and registered, where that is the driver's own business. */
export function readyToWork(
  fleet: Pick<Fleet, 'health'> | undefined,
  registration: Pick<PluginRegistration, 'state' | 'reason'> | undefined,
): Health {
  const { ready, reason } = fleetReadiness(fleet);
  const away = reason !== undefined && { reason };
  if (!ready) return { healthy: false, ...away };
  if (!registration || registration.state === 'registered') return { healthy: true, ...away };
  const why =
    registration.state === 'refused' ? `kubelet has refused the driver: ${registration.reason}` : '';
  return { healthy: false, reason: why || 'kubelet has not registered the driver yet' };
}
