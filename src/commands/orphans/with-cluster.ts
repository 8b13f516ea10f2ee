import { randomUUID } from 'node:crypto';
import { RouterosBackend } from '../../backends/routeros/routeros-backend.ts';
import { type CallContext, detachedContext } from '../../core/call-context.ts';
import { SystemClock } from '../../core/clock.ts';
import { silentLogger } from '../../core/observe/logger.ts';
import type { OrphanParts } from '../../core/reconcile/delete-orphan.ts';
import type { Announcer } from '../../core/reconcile/surroundings.ts';
import { withClusterId } from '../../kubernetes/cluster-id.ts';
import { EventRecorder, type Regarding } from '../../kubernetes/event-recorder.ts';
import type { Kubernetes } from '../../kubernetes/open-kubernetes.ts';
import type { Settings } from '../../settings.ts';
import { connectAppliance } from '../connect-appliance.ts';
import { connectCluster } from '../connect-cluster.ts';

/** An appliance, and the cluster whose volumes it keeps. */
export interface OrphanDesk extends OrphanParts {
  readonly announcer: Announcer;
  /** The API server, for people to see which cluster is asked. */
  readonly server: string;
  /** Of the volumes that are looked at. */
  readonly clusterId: string;
  readonly context: () => CallContext;
}

/** Connects to both, does the work, and disconnects. @throws Error where one of them cannot be reached */
export async function withCluster<T>(
  given: Settings,
  stop: AbortSignal,
  work: (desk: OrphanDesk) => Promise<T>,
): Promise<T> {
  const clock = new SystemClock();
  const timeoutMs = given.CALL_TIMEOUT_SECONDS * 1000;
  const withDeadline = () => AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  const kubernetes = await connectCluster(given);
  const settings = await withClusterId(given, async () => kubernetes, clock, withDeadline());
  const backend = new RouterosBackend(await connectAppliance(settings, withDeadline()));
  const driver = given.DRIVER_NAME;
  const events = new EventRecorder({
    api: kubernetes.eventApi,
    clock,
    logger: silentLogger,
    component: driver,
    instance: `orphans-${randomUUID()}`,
    signal: AbortSignal.timeout(timeoutMs),
  });
  const lease = leaseOf(given, kubernetes);
  try {
    return await work({
      backend,
      driver,
      clusterId: settings.CLUSTER_ID,
      cluster: kubernetes.cluster,
      server: kubernetes.credentials.server,
      announcer: { announce: (_, note) => events.record(lease, note) },
      context: () => detachedContext(withDeadline()),
    });
  } finally {
    await events.flushed();
    await backend.close();
  }
}

/** Where the driver's own events stand that have no pod. */
const leaseOf = (settings: Settings, { credentials }: Kubernetes): Regarding => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  name: settings.LEASE_NAME || settings.DRIVER_NAME,
  namespace: settings.POD_NAMESPACE || credentials.namespace,
});
