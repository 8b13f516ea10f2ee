import { hostname } from 'node:os';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/observe/logger.ts';
import { ConnectionWatch } from '../core/reconcile/connection-watch.ts';
import { openReconcilers, type Reconciliation } from '../core/reconcile/open-reconcilers.ts';
import type { PrometheusReports } from '../core/reconcile/prometheus-reports.ts';
import type { VolumeLocks } from '../core/reconcile/surroundings.ts';
import type { StorageBackend } from '../core/storage/storage-backend.ts';
import { EventRecorder, type Regarding } from './event-recorder.ts';
import { LeaderElector, type LeaseTimings } from './leader-elector.ts';
import { ApiLeaseStore } from './lease.ts';
import { nodeTriggers } from './node-triggers.ts';
import { ObjectAnnouncer } from './object-announcer.ts';
import type { Kubernetes } from './open-kubernetes.ts';
import { PublicationEvents } from './publication-events.ts';
import { StartupTaint } from './startup-taint.ts';

export interface CompanionOptions {
  readonly kubernetes: Kubernetes;
  readonly backends: readonly StorageBackend[];
  readonly locks: VolumeLocks;
  readonly reports: PrometheusReports;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly driver: string;
  /** Of this process and no other. */
  readonly identity: string;
  readonly pod: { readonly name: string; readonly namespace: string };
  /** undefined: this process is the only one. */
  readonly lease:
    | { readonly name: string; readonly namespace: string; readonly timings: LeaseTimings }
    | undefined;
  readonly reconcile: {
    readonly everyMs: number;
    readonly confirmMs: number;
    readonly goneMs: number | undefined;
    readonly orphans: 'off' | 'report' | 'delete';
    readonly orphanMs: number;
  };
  /** The taint's key; undefined: none is looked for. */
  readonly startupTaint: string | undefined;
}

/** What a controller does beside answering calls: it watches the cluster, and reconciles while it leads. */
export class Companion {
  private readonly stopping = new AbortController();
  private readonly announcer: ObjectAnnouncer;
  /** For the calls to report to. */
  readonly publications: PublicationEvents;
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: CompanionOptions) {
    const { kubernetes, driver } = options;
    const announcer = this.openAnnouncer();
    this.announcer = announcer;
    this.publications = new PublicationEvents({ caches: kubernetes.caches, driver, announcer });
  }

  start(): void {
    const { kubernetes, clock, logger, driver, backends, reports, reconcile, locks } = this.options;
    const { signal } = this.stopping;
    const { caches, cluster, api } = kubernetes;
    const { announcer } = this;
    const common = { clock, logger, driver, backends, locks, announcer, reports };
    const runner = openReconcilers({ ...common, ...reconcile, cluster });
    const trigger = (why: string) => runner.trigger(why);
    nodeTriggers(caches.nodes, trigger, announcer);
    const watches = backends.map(
      (backend) =>
        new ConnectionWatch({
          ...{ clock, logger, announcer },
          appliance: backend.name,
          health: () => backend.health(),
          onBack: () => trigger('the appliance answers'),
        }),
    );
    const { startupTaint: key } = this.options;
    if (key) new StartupTaint({ api, caches, driver, key, clock, logger }).start(signal);
    this.running = Promise.all([
      ...Object.values(caches).map((cache) => cache.run(signal)),
      ...watches.map((watch) => watch.run(signal)),
      this.lead(runner, signal),
    ]);
  }

  /** Ends what is under way, and gives the lease to whoever wants it. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the driver is stopping'));
    await this.running;
  }

  private lead(runner: Reconciliation, signal: AbortSignal): Promise<void> {
    const { lease, kubernetes, identity, reports, clock, logger, random } = this.options;
    if (!lease) {
      reports.leads(true);
      return runner.run({ signal, valid: () => !signal.aborted });
    }
    const { timings, namespace, name } = lease;
    const store = new ApiLeaseStore(kubernetes.leaseApi, namespace, name);
    const onChange = (leads: boolean) => reports.leads(leads);
    reports.leads(false);
    return new LeaderElector({ store, identity, timings, clock, random, logger, onChange }).run(
      signal,
      (term) => runner.run(term),
    );
  }

  private openAnnouncer(): ObjectAnnouncer {
    const { kubernetes, clock, logger, driver, pod, lease } = this.options;
    const { eventApi: api, caches, credentials } = kubernetes;
    const { signal } = this.stopping;
    const instance = pod.name || hostname();
    const events = new EventRecorder({ api, clock, logger, component: driver, instance, signal });
    const own: Regarding = pod.name
      ? { apiVersion: 'v1', kind: 'Pod', name: pod.name, namespace: pod.namespace || credentials.namespace }
      : {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          name: lease?.name ?? driver,
          namespace: lease?.namespace ?? credentials.namespace,
        };
    return new ObjectAnnouncer(events, () => caches.persistentVolumes.values(), own);
  }
}
