import type { Registry } from 'prom-client';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/observe/logger.ts';
import { ApiClient } from './api-client.ts';
import { ApiCluster, type Caches } from './api-cluster.ts';
import { BackOff } from './back-off.ts';
import type { Credentials } from './credentials.ts';
import { PATHS } from './live-cluster.ts';
import { type ClusterSource, loadCredentials } from './load-credentials.ts';
import { attachmentOf, nodeOf, persistentVolumeOf, registrationOf } from './projections.ts';
import { PrometheusApiMetrics } from './prometheus-api-metrics.ts';
import { Reflector } from './reflector.ts';
import { type Rate, TokenBucket } from './token-bucket.ts';
import type { WireObject } from './wire.ts';

export interface KubernetesOptions {
  readonly source: ClusterSource;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Everything that watches and writes for one cluster; nothing runs yet. */
export interface Kubernetes {
  readonly credentials: Credentials;
  readonly api: ApiClient;
  /** Not slowed down by other writes: a lease that is renewed late is lost. */
  readonly leaseApi: ApiClient;
  /** Slowed down for itself: what is done does not wait for what is told of it. */
  readonly eventApi: ApiClient;
  readonly caches: Caches;
  readonly cluster: ApiCluster;
}

const WRITES = { perSecond: 10, burst: 20 };
const EVENT_WRITES = { perSecond: 5, burst: 20 };
const REQUEST_MS = 30_000;
const WATCH_BACK_OFF = { firstMs: 800, longestMs: 30_000 };

/** @throws Error where there is no kubeconfig, and no service account either */
export async function openKubernetes(options: KubernetesOptions): Promise<Kubernetes> {
  const { clock, logger, random, source, userAgent, registry } = options;
  const credentials = await loadCredentials(source);
  const metrics = new PrometheusApiMetrics(registry, () => cluster.synced());
  const onAnswer = (method: string, status: number) => metrics.answered(method, status);
  const client = (throttle: (signal: AbortSignal) => Promise<void>) =>
    new ApiClient({ credentials, fetch, userAgent, throttle, timeoutMs: REQUEST_MS, onAnswer });
  const slowed = (rate: Rate) => {
    const bucket = new TokenBucket(clock, rate);
    return client((signal) => bucket.take(signal));
  };
  const api = slowed(WRITES);
  const reflector = <T>(path: string, project: (object: WireObject) => T | undefined) =>
    new Reflector({
      path,
      project,
      transport: api,
      clock,
      logger,
      backOff: new BackOff(WATCH_BACK_OFF, random),
    });
  const caches: Caches = {
    attachments: reflector(PATHS.attachments, attachmentOf),
    persistentVolumes: reflector(PATHS.persistentVolumes, persistentVolumeOf),
    registrations: reflector(PATHS.registrations, registrationOf),
    nodes: reflector(PATHS.nodes, nodeOf),
  };
  const cluster = new ApiCluster(api, caches);
  return {
    credentials,
    api,
    leaseApi: client(async () => undefined),
    eventApi: slowed(EVENT_WRITES),
    caches,
    cluster,
  };
}

/**
 * The UID of the namespace kube-system: what a cluster is told from all others by.
 * @throws KubernetesError, or the signal's reason where the API server does not answer for so long
 */
export async function clusterUid(api: ApiClient, clock: Clock, signal: AbortSignal): Promise<string> {
  for (;;) {
    try {
      const { metadata } = (await api.get('/api/v1/namespaces/kube-system', signal)) as WireObject;
      return metadata.uid;
    } catch (error) {
      if (signal.aborted || (error as { kind?: string }).kind !== 'unavailable') throw error;
      await clock.sleep(1000, signal);
    }
  }
}
