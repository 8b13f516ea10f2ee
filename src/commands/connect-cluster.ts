import { SystemClock } from '../core/clock.ts';
import { silentLogger } from '../core/observe/logger.ts';
import { Registry } from '../core/observe/prom-client.ts';
import { clusterSource } from '../kubernetes/cluster-source.ts';
import { type Kubernetes, openKubernetes } from '../kubernetes/open-kubernetes.ts';
import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';

/** The API server of the settings, for a command that a person waits for. @throws Error it has no credentials */
export const connectCluster = (settings: Settings): Promise<Kubernetes> =>
  openKubernetes({
    source: clusterSource(settings),
    userAgent: `rose-csi/${VERSION}`,
    clock: new SystemClock(),
    random: Math.random,
    logger: silentLogger,
    registry: new Registry(),
  });
