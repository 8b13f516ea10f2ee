import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { isConflict } from '../../kubernetes/kubernetes-error.ts';
import { liveList } from '../../kubernetes/live-list.ts';
import type { WireObject } from '../../kubernetes/wire.ts';
import { type ScheduledSnapshot, superfluous } from './retention.ts';

export interface Schedule {
  readonly namespace: string;
  /** Of the schedule: its snapshots are told from others by it. */
  readonly name: string;
  /** A label selector for the claims. */
  readonly selector: string;
  /** Good snapshots that each claim keeps. */
  readonly keep: number;
  /** "": the cluster's default class. */
  readonly snapshotClass: string;
  /** How long a snapshot may take until it is ready, ms. */
  readonly waitMs: number;
}

export interface Round {
  /** Names of snapshots that are ready. */
  readonly taken: readonly string[];
  readonly deleted: readonly string[];
  /** In words. */
  readonly failures: readonly string[];
}

const LABEL = 'rose-csi.io/schedule';
const POLL_MS = 1000;
const CLAIM_NAME_MAX = 200;

interface SnapshotObject extends WireObject {
  readonly spec?: { readonly source?: { readonly persistentVolumeClaimName?: string } };
  readonly status?: {
    readonly readyToUse?: boolean;
    readonly creationTime?: string;
    readonly error?: { readonly message?: string };
  };
}

type LabelledSnapshot = SnapshotObject & {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
};

/** Claims and schedules have hyphens in their names: what two of them make together must still differ. */
const tagOf = (claim: string, schedule: string): string =>
  createHash('sha256').update(`${claim}/${schedule}`).digest('hex').slice(0, 6);

/** One run of a schedule: a snapshot of each claim, and then what is superfluous goes. */
export class ScheduleRun {
  private readonly snapshots: string;

  constructor(
    private readonly api: ApiClient,
    private readonly clock: Clock,
    private readonly schedule: Schedule,
  ) {
    this.snapshots = `/apis/snapshot.storage.k8s.io/v1/namespaces/${schedule.namespace}/volumesnapshots`;
  }

  /** @throws KubernetesError where nothing could be looked at; what fails of one claim does not stop the others */
  async run(signal: AbortSignal): Promise<Round> {
    const { namespace, selector } = this.schedule;
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims?labelSelector=${encodeURIComponent(selector)}`;
    const claims = await liveList(this.api, path, ({ metadata }) => metadata.name, signal);
    const failures: string[] = claims.length === 0 ? [`no claim in ${namespace} has ${selector}`] : [];
    const taken: string[] = [];
    for (const claim of claims) {
      const name = await this.take(claim, signal).catch((error: unknown) => {
        failures.push(`${claim}: ${error instanceof Error ? error.message : error}`);
      });
      if (name !== undefined) taken.push(name);
    }
    return { taken, deleted: await this.prune(failures, signal), failures };
  }

  private async take(claim: string, signal: AbortSignal): Promise<string> {
    const { name: schedule, snapshotClass } = this.schedule;
    const minute = new Date(this.clock.now()).toISOString().replace(/[-:T]/g, '').slice(0, 12);
    const name = `${claim.slice(0, CLAIM_NAME_MAX)}-${schedule}-${tagOf(claim, schedule)}-${minute}`;
    const snapshot = {
      apiVersion: 'snapshot.storage.k8s.io/v1',
      kind: 'VolumeSnapshot',
      metadata: { name, namespace: this.schedule.namespace, labels: { [LABEL]: schedule } },
      spec: {
        ...(snapshotClass !== '' && { volumeSnapshotClassName: snapshotClass }),
        source: { persistentVolumeClaimName: claim },
      },
    };
    await this.api.create(this.snapshots, snapshot, signal).catch((error: unknown) => {
      // A run that is repeated within its minute.
      if (!isConflict(error)) throw error;
    });
    await this.ready(name, claim, signal);
    return name;
  }

  private async ready(name: string, claim: string, signal: AbortSignal): Promise<void> {
    const until = this.clock.monotonic() + this.schedule.waitMs;
    for (;;) {
      const { metadata, spec, status } = (await this.api.get(
        `${this.snapshots}/${name}`,
        signal,
      )) as LabelledSnapshot;
      if (
        metadata.labels?.[LABEL] !== this.schedule.name ||
        spec?.source?.persistentVolumeClaimName !== claim
      )
        throw new Error(`${name} is no snapshot of ${claim} by this schedule: somebody else made it`);
      if (status?.readyToUse) return;
      if (this.clock.monotonic() >= until)
        throw new Error(`snapshot ${name} is not ready: ${status?.error?.message ?? 'no reason is given'}`);
      await this.clock.sleep(POLL_MS, signal);
    }
  }

  private async prune(failures: string[], signal: AbortSignal): Promise<string[]> {
    const path = `${this.snapshots}?labelSelector=${encodeURIComponent(`${LABEL}=${this.schedule.name}`)}`;
    const all = await liveList(this.api, path, (object) => scheduled(object, this.schedule.name), signal);
    const deleted: string[] = [];
    for (const { name, uid } of superfluous(all, this.schedule.keep)) {
      await this.api.delete(`${this.snapshots}/${name}`, uid, signal).then(
        () => deleted.push(name),
        (error: unknown) => failures.push(`${name}: ${error instanceof Error ? error.message : error}`),
      );
    }
    return deleted;
  }
}

/** undefined: not of this schedule, or not of a claim. */
function scheduled(object: WireObject, schedule: string): ScheduledSnapshot | undefined {
  const { metadata, spec, status } = object as LabelledSnapshot;
  const claim = spec?.source?.persistentVolumeClaimName;
  const takenAt = Date.parse(status?.creationTime ?? metadata.creationTimestamp ?? '');
  if (metadata.labels?.[LABEL] !== schedule || claim === undefined || Number.isNaN(takenAt)) return undefined;
  const deleting = metadata.deletionTimestamp !== undefined;
  return {
    name: metadata.name,
    uid: metadata.uid,
    claim,
    good: status?.readyToUse === true && !deleting,
    deleting,
    takenAt,
  };
}
