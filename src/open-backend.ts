import type { Registry } from 'prom-client';
import type { Clock } from './core/clock.ts';
import type { Logger } from './core/observe/logger.ts';
import type { NqnNaming } from './core/storage/nqn.ts';
import type { StorageBackend } from './core/storage/storage-backend.ts';
import { routerosSettings } from './routeros-settings.ts';
import type { Settings } from './settings.ts';

export interface BackendParts {
  readonly nqns: NqnNaming;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the conversation with an appliance reports to. */
  readonly registry: Registry;
}

/**
 * The backend that `RDS_BACKEND` names; only what that one needs is imported.
 * @throws BackendError where it cannot be opened
 */
export async function openBackend(
  settings: Settings,
  { nqns, clock, logger, registry }: BackendParts,
): Promise<StorageBackend> {
  if (settings.RDS_BACKEND === 'mock') {
    const { openMockBackend } = await import('./backends/mock/open-mock-backend.ts');
    return openMockBackend({
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
  const [{ openRouterosBackend }, { PrometheusSshMetrics }] = await Promise.all([
    import('./backends/routeros/open-routeros-backend.ts'),
    import('./backends/routeros/ssh/prometheus-ssh-metrics.ts'),
  ]);
  return openRouterosBackend({
    ...routerosSettings(settings),
    clock,
    logger,
    metrics: new PrometheusSshMetrics(registry, settings.RDS_NAME),
  });
}
