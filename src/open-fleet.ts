import type { Registry } from 'prom-client';
import type { Clock } from './core/clock.ts';
import type { Logger } from './core/observe/logger.ts';
import { Fleet } from './core/storage/fleet.ts';
import type { NqnNaming } from './core/storage/nqn.ts';
import type { StorageBackend } from './core/storage/storage-backend.ts';
import { routerosSettings } from './routeros-settings.ts';
import type { Settings } from './settings.ts';

export interface FleetParts {
  readonly nqns: NqnNaming;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the conversations with appliances report to. */
  readonly registry: Registry;
}

type Open = (appliance: Settings) => Promise<StorageBackend>;

/**
 * The backends of all appliances, of the kind that `RDS_BACKEND` names; none is waited for.
 * @param appliances the settings as each has them
 * @throws BackendError where one cannot be opened: then none stays open
 */
export async function openFleet(appliances: readonly Settings[], parts: FleetParts): Promise<Fleet> {
  const mock = appliances.every(({ RDS_BACKEND }) => RDS_BACKEND === 'mock');
  // Only what that one needs is imported.
  const open = mock ? await mockOpener(parts) : await routerosOpener(parts);
  const opened: StorageBackend[] = [];
  try {
    for (const appliance of appliances) opened.push(await open(appliance));
    return new Fleet(opened);
  } catch (error) {
    await Promise.all(opened.map((backend) => backend.close()));
    throw error;
  }
}

async function mockOpener({ nqns, clock, logger }: FleetParts): Promise<Open> {
  const { openMockBackend } = await import('./backends/mock/open-mock-backend.ts');
  return (settings) =>
    openMockBackend({
      name: settings.RDS_NAME,
      clusterId: settings.CLUSTER_ID,
      clock,
      logger,
      nqnNaming: nqns,
      pools: settings.MOCK_POOLS,
      folder: settings.MOCK_DATA_DIR === 'memory' ? undefined : settings.MOCK_DATA_DIR,
      latencyMs: settings.MOCK_LATENCY_MS,
    });
}

async function routerosOpener({ clock, logger, registry }: FleetParts): Promise<Open> {
  const [{ openRouterosBackend }, { PrometheusSshMetrics }] = await Promise.all([
    import('./backends/routeros/open-routeros-backend.ts'),
    import('./backends/routeros/ssh/prometheus-ssh-metrics.ts'),
  ]);
  const metrics = new PrometheusSshMetrics(registry);
  return (settings) =>
    openRouterosBackend({
      ...routerosSettings(settings),
      clock,
      logger,
      metrics: metrics.of(settings.RDS_NAME),
    });
}
