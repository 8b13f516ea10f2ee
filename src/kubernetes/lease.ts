import type { ApiClient } from './api-client.ts';
import { isNotFound, KubernetesError } from './kubernetes-error.ts';

/** Who leads, as the Lease object says. */
export interface LeaseRecord {
  /** Empty: nobody. */
  readonly holder: string;
  readonly seconds: number;
  readonly transitions: number;
  /** RFC 3339 with microseconds, by the holder's own clock: for people, never read as a time. */
  readonly renewTime: string;
  readonly acquireTime: string;
}

/** A record as it was read: the version is the condition of the next write. */
export interface StoredLease extends LeaseRecord {
  readonly resourceVersion: string;
}

export interface LeaseStore {
  /** undefined: there is none. */
  read(signal: AbortSignal): Promise<StoredLease | undefined>;
  /**
   * @param version of the record that is replaced; undefined: there is none yet
   * @throws KubernetesError `conflict` somebody else wrote in between
   */
  write(record: LeaseRecord, version: string | undefined, signal: AbortSignal): Promise<StoredLease>;
}

/** A Lease of `coordination.k8s.io/v1`. */
export class ApiLeaseStore implements LeaseStore {
  private readonly path: string;

  constructor(
    private readonly api: ApiClient,
    private readonly namespace: string,
    private readonly name: string,
  ) {
    this.path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  }

  async read(signal: AbortSignal): Promise<StoredLease | undefined> {
    try {
      return fromLease(await this.api.get(`${this.path}/${this.name}`, signal));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async write(record: LeaseRecord, version: string | undefined, signal: AbortSignal): Promise<StoredLease> {
    const { name, namespace, path } = this;
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace, ...(version !== undefined && { resourceVersion: version }) },
      spec: {
        holderIdentity: record.holder,
        leaseDurationSeconds: record.seconds,
        leaseTransitions: record.transitions,
        renewTime: record.renewTime,
        acquireTime: record.acquireTime,
      },
    };
    const written =
      version === undefined
        ? await this.api.create(path, lease, signal)
        : await this.api.replace(`${path}/${name}`, lease, signal);
    return fromLease(written);
  }
}

interface WireLease {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly leaseTransitions?: number;
    readonly renewTime?: string;
    readonly acquireTime?: string;
  };
}

function fromLease(value: unknown): StoredLease {
  const { metadata, spec = {} } = value as WireLease;
  if (typeof metadata?.resourceVersion !== 'string') {
    throw new KubernetesError('protocol', 'a Lease without a resourceVersion');
  }
  return {
    holder: spec.holderIdentity ?? '',
    seconds: spec.leaseDurationSeconds ?? 0,
    transitions: spec.leaseTransitions ?? 0,
    renewTime: spec.renewTime ?? '',
    acquireTime: spec.acquireTime ?? '',
    resourceVersion: metadata.resourceVersion,
  };
}
