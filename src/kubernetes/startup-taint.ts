import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/observe/logger.ts';
import type { ApiClient } from './api-client.ts';
import type { Caches } from './api-cluster.ts';
import { PATHS } from './live-cluster.ts';
import type { NodeState } from './projections.ts';

export interface StartupTaintOptions {
  readonly api: ApiClient;
  readonly caches: Pick<Caches, 'nodes' | 'registrations'>;
  readonly driver: string;
  /** The taint's key, such as `rose-csi.io/agent-not-ready`. */
  readonly key: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const AGAIN_MS = 5_000;

/**
 * Takes the startup taint off each node on which the driver is registered: so that no pod with a volume comes to a node
 * that cannot mount it yet. Both replicas may do so: the patch names what it takes away.
 */
export class StartupTaint {
  private readonly working = new Set<string>();

  constructor(private readonly options: StartupTaintOptions) {}

  /** Watches until the signal aborts. */
  start(signal: AbortSignal): void {
    const { nodes, registrations } = this.options.caches;
    nodes.onChange(({ after }) => this.look(after?.name, signal));
    registrations.onChange(({ after }) => this.look(after?.node, signal));
  }

  private look(name: string | undefined, signal: AbortSignal): void {
    if (name === undefined || signal.aborted || !this.isDue(name) || this.working.has(name)) return;
    this.working.add(name);
    this.remove(name, signal).finally(() => this.working.delete(name));
  }

  private isDue(name: string): boolean {
    const { caches, driver, key } = this.options;
    const registered = caches.registrations.get(name)?.ids.has(driver) ?? false;
    return registered && indexOf(caches.nodes.get(name), key) >= 0;
  }

  /** Until it is gone: the cache tells. */
  private async remove(name: string, signal: AbortSignal): Promise<void> {
    const { caches, api, clock, key, logger } = this.options;
    while (!signal.aborted && this.isDue(name)) {
      const node = caches.nodes.get(name);
      const index = indexOf(node, key);
      const path = `/spec/taints/${index}`;
      const patch = [
        { op: 'test', path, value: node?.taints[index] },
        { op: 'remove', path },
      ];
      await api.patch(`${PATHS.nodes}/${encodeURIComponent(name)}`, 'json', patch, signal).then(
        () => logger.info({ node: name, taint: key }, 'the driver is ready there: removed the startup taint'),
        (error: unknown) => logger.debug({ node: name, cause: error }, 'the startup taint was not removed'),
      );
      await clock.sleep(AGAIN_MS, signal).catch(() => undefined);
    }
  }
}

const indexOf = (node: NodeState | undefined, key: string): number =>
  node?.taints.findIndex((taint) => taint.key === key) ?? -1;
