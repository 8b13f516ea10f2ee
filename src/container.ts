import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { release } from 'node:os';
import { trace } from '@opentelemetry/api';
import {
  type DependencyContainer,
  type InjectionToken,
  instanceCachingFactory,
  container as root,
} from 'tsyringe';
import { type Clock, SystemClock } from './core/clock.ts';
import type {
  ControllerHandlers,
  GroupControllerHandlers,
  IdentityHandlers,
  NodeHandlers,
} from './core/csi/handlers.ts';
import { volumeKey } from './core/csi/interceptors/lock.ts';
import { KeyedTryLock } from './core/csi/keyed-try-lock.ts';
import { PluginRegistration } from './core/csi/registration.ts';
import { loadRequestSchemas } from './core/csi/schemas/load-request-schemas.ts';
import type { RequestSchemas } from './core/csi/schemas/node-request-schemas.ts';
import { CsiServer } from './core/csi/server.ts';
import { HttpServer } from './core/observe/http-server.ts';
import type { Logger } from './core/observe/logger.ts';
import type { OtlpTracing } from './core/observe/otlp-tracing.ts';
import { createLogger, type LogFormat } from './core/observe/pino-logger.ts';
import { OwnProcess } from './core/observe/process-readings.ts';
import { type BackendReading, PrometheusMetrics } from './core/observe/prometheus.ts';
import {
  AnyNode,
  LocalNode,
  type NodeDirectory,
  VolumeCount,
} from './core/services/controller/controller-deps.ts';
import { identityHandlers } from './core/services/identity.ts';
import type { Fleet } from './core/storage/fleet.ts';
import { type NamedKind, namedSlot } from './core/storage/named-slot.ts';
import { nodeIdFor } from './core/storage/node-id.ts';
import { NqnNaming } from './core/storage/nqn.ts';
import type { NodeId } from './core/storage/volume-id.ts';
import { type Background, Driver } from './driver.ts';
import type { Companion } from './kubernetes/companion.ts';
import type { LoadedConfig } from './load-config.ts';
import { nodeTopology } from './node-topology.ts';
import { openFleet } from './open-fleet.ts';
import { fleetReadiness, readyToWork } from './readiness.ts';
import type { Settings } from './settings.ts';
import { warnOfSharedPorts } from './shared-ports.ts';
import { VERSION } from './version.ts';

const token = <T>(name: string): InjectionToken<T> => Symbol(name);

/** What the container can be asked for. */
export const TOKENS = {
  settings: token<Settings>('Settings'),
  clock: token<Clock>('Clock'),
  logger: token<Logger>('Logger'),
  nqns: token<NqnNaming>('NqnNaming'),
  nodeId: token<NodeId>('NodeId'),
  nodes: token<NodeDirectory>('NodeDirectory'),
  volumeCount: token<VolumeCount>('VolumeCount'),
  metrics: token<PrometheusMetrics>('PrometheusMetrics'),
  /** Not registered in the mode `node`. */
  fleet: token<Fleet>('Fleet'),
  identity: token<IdentityHandlers>('IdentityHandlers'),
  /** Not registered in the mode `node`. */
  controller: token<ControllerHandlers>('ControllerHandlers'),
  /** Not registered in the mode `node`. */
  groupController: token<GroupControllerHandlers>('GroupControllerHandlers'),
  /** Not registered in the mode `controller`. */
  node: token<NodeHandlers>('NodeHandlers'),
  /** Not registered in the mode `controller`. */
  housekeeping: token<Background>('Background'),
  server: token<CsiServer>('CsiServer'),
  /** What RPCs and reconcilers lock volumes with. */
  locks: token<KeyedTryLock>('KeyedTryLock'),
  /** Not registered where the cluster is not watched. */
  companion: token<Companion>('Companion'),
  /** Not registered where nobody collects spans. */
  tracing: token<OtlpTracing>('OtlpTracing'),
  /** Not registered where a sidecar registers the node, or nobody. */
  registration: token<PluginRegistration>('PluginRegistration'),
  driver: token<Driver>('Driver'),
} as const;

/**
 * Composes a driver; nothing is served yet. What a mode does not need is not even imported: a node has no
 * appliance conversation in memory, a controller no file systems.
 * @throws BackendError where the backend cannot be opened
 */
export async function openDriver({ settings: given, appliances }: LoadedConfig): Promise<Driver> {
  const container = root.createChildContainer();
  registerCommon(container, given);
  if (given.OTEL_EXPORTER_OTLP_ENDPOINT !== '') await registerTracing(container, given);
  const watches = given.KUBERNETES === 'on' && given.CSI_MODE !== 'node';
  const settings = watches ? await registerKubernetes(container, given) : given;
  if (settings.CSI_MODE !== 'node') await registerController(container, settings, appliances);
  if (settings.CSI_MODE !== 'controller') await registerNode(container, settings, appliances);
  registerServer(container, settings, await loadRequestSchemas(settings.CSI_MODE !== 'node'));
  return container.resolve(TOKENS.driver);
}

/** How long the start waits for an API server that is away, ms: then the process ends, and is started again. */
const CLUSTER_ID_MS = 60_000;

/** Registers a value that is made at its first use, once. */
function once<T>(
  container: DependencyContainer,
  key: InjectionToken<T>,
  make: (resolve: <U>(key: InjectionToken<U>) => U) => T,
): void {
  container.register(key, { useFactory: instanceCachingFactory((at) => make((inner) => at.resolve(inner))) });
}

function optional<T>(container: DependencyContainer, key: InjectionToken<T>): T | undefined {
  return container.isRegistered(key) ? container.resolve(key) : undefined;
}

function registerCommon(container: DependencyContainer, settings: Settings): void {
  container.register(TOKENS.settings, { useValue: settings });
  once(container, TOKENS.clock, () => new SystemClock());
  once(container, TOKENS.locks, () => new KeyedTryLock());
  once(container, TOKENS.volumeCount, () => new VolumeCount());
  once(container, TOKENS.nqns, () => new NqnNaming(settings.NQN_BASE));
  once(container, TOKENS.nodeId, () => nodeIdFor(settings.NODE_NAME));
  once(container, TOKENS.logger, () =>
    createLogger({
      level: settings.LOG_LEVEL,
      format: logFormat(settings),
      fields: { mode: settings.CSI_MODE },
    }),
  );
  once(container, TOKENS.metrics, (resolve) => {
    const volumes = resolve(TOKENS.volumeCount);
    return new PrometheusMetrics({
      version: VERSION,
      mode: settings.CSI_MODE,
      process: new OwnProcess(resolve(TOKENS.clock), '/proc'),
      // The backend reports here, too: it is opened later, and asked for at each scrape.
      ...(settings.CSI_MODE !== 'node' && {
        backends: () => backendReadings(optional(container, TOKENS.fleet), volumes),
      }),
    });
  });
}

const backendReadings = (fleet: Fleet | undefined, volumes: VolumeCount): BackendReading[] =>
  (fleet?.health() ?? []).map(({ appliance, connected }) => ({
    ...{ appliance, connected },
    volumes: volumes.last(appliance),
  }));

const logFormat = ({ LOG_FORMAT }: Settings): LogFormat => {
  if (LOG_FORMAT !== 'auto') return LOG_FORMAT;
  return process.stderr.isTTY ? 'text' : 'json';
};

/** The SDK is imported here and nowhere else. */
async function registerTracing(container: DependencyContainer, settings: Settings): Promise<void> {
  const { OtlpTracing } = await import('./core/observe/otlp-tracing.ts');
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, CSI_MODE: mode, NODE_NAME: node } = settings;
  const tracing = new OtlpTracing({ endpoint, mode, node, logger: container.resolve(TOKENS.logger) });
  tracing.start();
  container.register(TOKENS.tracing, { useValue: tracing });
}

async function registerController(
  container: DependencyContainer,
  settings: Settings,
  appliances: readonly Settings[],
): Promise<void> {
  const { DRIVER_NAME: driverName, CLUSTER_ID } = settings;
  const [{ controllerHandlers }, { groupControllerHandlers }, { Placement }] = await Promise.all([
    import('./core/services/controller/controller.ts'),
    import('./core/services/group-controller/group-controller.ts'),
    import('./core/services/controller/placement.ts'),
  ]);
  const fleet = await openFleet(
    appliances.map((appliance) => ({ ...appliance, CLUSTER_ID })),
    {
      nqns: container.resolve(TOKENS.nqns),
      clock: container.resolve(TOKENS.clock),
      logger: container.resolve(TOKENS.logger),
      registry: container.resolve(TOKENS.metrics).registry,
    },
  );
  container.register(TOKENS.fleet, { useValue: fleet });
  const slots = (kind: NamedKind) => (name: string) => namedSlot(CLUSTER_ID, kind, name);
  once(container, TOKENS.nodes, (resolve) =>
    settings.CSI_MODE === 'all' ? new LocalNode(resolve(TOKENS.nodeId)) : new AnyNode(),
  );
  once(container, TOKENS.controller, (resolve) => {
    const companion = optional(container, TOKENS.companion);
    return controllerHandlers({
      ...{ fleet, driverName },
      placement: new Placement({ fleet, driverName, slotOf: slots('volume') }),
      snapshotSlotOf: slots('snapshot'),
      nodes: resolve(TOKENS.nodes),
      volumeCount: resolve(TOKENS.volumeCount),
      ...(companion && { publications: companion.publications }),
    });
  });
  once(container, TOKENS.groupController, () =>
    groupControllerHandlers({ fleet, driverName, slotOf: slots('group snapshot') }),
  );
}

/**
 * Watches the cluster. Its client is imported here and nowhere else: what does not watch does not pay for it.
 * @returns the settings with the cluster's own id
 */
async function registerKubernetes(container: DependencyContainer, settings: Settings): Promise<Settings> {
  const { clusterSource, openKubernetes, openCompanion, withClusterId } = await import(
    './kubernetes/kubernetes.ts'
  );
  const clock = container.resolve(TOKENS.clock);
  const logger = container.resolve(TOKENS.logger);
  const kubernetes = await openKubernetes({
    source: clusterSource(settings),
    userAgent: `rose-csi/${VERSION}`,
    clock,
    random: Math.random,
    logger,
    registry: container.resolve(TOKENS.metrics).registry,
  });
  once(container, TOKENS.companion, (resolve) => {
    const locks = resolve(TOKENS.locks);
    return openCompanion({
      settings,
      kubernetes,
      backends: resolve(TOKENS.fleet).members,
      locks: {
        hold: (volume) => {
          const key = volumeKey(volume);
          return locks.acquire(key) ? () => locks.release(key) : undefined;
        },
      },
      registry: resolve(TOKENS.metrics).registry,
      clock,
      random: Math.random,
      logger,
      identity: `${settings.POD_NAME || settings.NODE_NAME}_${randomUUID()}`,
    });
  });
  return withClusterId(settings, async () => kubernetes, clock, AbortSignal.timeout(CLUSTER_ID_MS));
}

async function registerNode(
  container: DependencyContainer,
  settings: Settings,
  appliances: readonly Settings[],
): Promise<void> {
  const { openNode } = await import('./node/open-node.ts');
  const node = await openNode({
    nodeId: container.resolve(TOKENS.nodeId),
    nodeName: settings.NODE_NAME,
    topology: nodeTopology(settings, appliances),
    maxVolumes: settings.MAX_VOLUMES_PER_NODE,
    stateFolder: settings.STATE_DIR,
    nqns: container.resolve(TOKENS.nqns),
    clock: container.resolve(TOKENS.clock),
    logger: container.resolve(TOKENS.logger),
  });
  warnOfSharedPorts(appliances, release(), container.resolve(TOKENS.logger));
  container.register(TOKENS.node, { useValue: node.handlers });
  container.register(TOKENS.housekeeping, { useValue: node.housekeeping });
  const { VolumeMetrics } = await import('./node/metrics/volume-metrics.ts');
  new VolumeMetrics(
    container.resolve(TOKENS.metrics).registry,
    node.observe,
    container.resolve(TOKENS.clock),
  );
  const { REGISTRATION_SOCKET: socket, DRIVER_NAME: driverName } = settings;
  if (socket === '') return;
  const endpoint = settings.KUBELET_CSI_SOCKET || `/var/lib/kubelet/plugins/${driverName}/csi.sock`;
  once(
    container,
    TOKENS.registration,
    (resolve) => new PluginRegistration({ socket, driverName, endpoint, logger: resolve(TOKENS.logger) }),
  );
}

function registerServer(container: DependencyContainer, settings: Settings, schemas: RequestSchemas): void {
  once(container, TOKENS.identity, (resolve) =>
    identityHandlers({
      driverName: settings.DRIVER_NAME,
      version: VERSION,
      controller: settings.CSI_MODE !== 'node',
      readiness: () => fleetReadiness(optional(container, TOKENS.fleet)),
      logger: resolve(TOKENS.logger),
    }),
  );
  once(container, TOKENS.server, (resolve) => {
    const controller = optional(container, TOKENS.controller);
    const groupController = optional(container, TOKENS.groupController);
    const node = optional(container, TOKENS.node);
    return new CsiServer(
      {
        identity: resolve(TOKENS.identity),
        ...(controller && { controller }),
        ...(groupController && { groupController }),
        ...(node && { node }),
      },
      {
        logger: resolve(TOKENS.logger),
        metrics: resolve(TOKENS.metrics),
        clock: resolve(TOKENS.clock),
        tracer: trace.getTracer('rose-csi', VERSION),
        schemas,
        defaultDeadlineMs: settings.CALL_TIMEOUT_SECONDS * 1000,
        newRequestId: randomUUID,
        slotOf: (kind, name) => namedSlot(settings.CLUSTER_ID, kind, name),
        locks: resolve(TOKENS.locks),
      },
    );
  });
  once(container, TOKENS.driver, (resolve) => {
    const address = settings.HTTP_ADDRESS;
    const metrics = resolve(TOKENS.metrics);
    const registration = optional(container, TOKENS.registration);
    return new Driver({
      server: resolve(TOKENS.server),
      endpoint: settings.CSI_ENDPOINT,
      http:
        address === 'off'
          ? undefined
          : new HttpServer({
              address,
              metrics,
              health: () => ({ healthy: true }),
              readiness: () => readyToWork(optional(container, TOKENS.fleet), registration),
            }),
      registration,
      background: [optional(container, TOKENS.housekeeping), optional(container, TOKENS.companion)].filter(
        (work) => work !== undefined,
      ),
      release: async () => {
        await optional(container, TOKENS.fleet)?.close();
        await optional(container, TOKENS.tracing)?.stop();
      },
      logger: resolve(TOKENS.logger),
      graceMs: settings.SHUTDOWN_GRACE_SECONDS * 1000,
    });
  });
}
