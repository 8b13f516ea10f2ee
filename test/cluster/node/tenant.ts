import { isConflict, isNotFound } from '../../../src/kubernetes/kubernetes-error.ts';
import { eventually } from '../rig/eventually.ts';
import { loopsOf } from './loops.ts';
import type { Node } from './node.ts';
import { running } from './running.ts';
import type { Tools } from './tools.ts';
import { type ClaimWish, claimSpec, type PodWish, podSpec } from './wishes.ts';

/** How long anything may take, ms: only what never comes is a failure. */
const PATIENCE_MS = 90_000;

const KINDS = {
  pods: { group: 'v1', kind: 'Pod' },
  persistentvolumeclaims: { group: 'v1', kind: 'PersistentVolumeClaim' },
  events: { group: 'v1', kind: 'Event' },
  statefulsets: { group: 'apps/v1', kind: 'StatefulSet' },
  secrets: { group: 'v1', kind: 'Secret' },
  volumesnapshots: { group: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshot' },
  volumegroupsnapshots: { group: 'groupsnapshot.storage.k8s.io/v1', kind: 'VolumeGroupSnapshot' },
} as const;
type Plural = keyof typeof KINDS;

export interface Live {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** Whose volumes a tenant uses: a driver, and the class that the chart has made for it. */
export interface Release {
  readonly driver: string;
  readonly class: string;
}

const MOCK: Release = { driver: 'rose-csi.io', class: 'rose' };

/** Somebody who uses volumes, in a namespace of their own. */
export class Tenant {
  private readonly signal = new AbortController().signal;
  private readonly classes: string[] = [];

  private constructor(
    readonly node: Node,
    readonly tools: Tools,
    readonly name: string,
    private readonly release: Release,
  ) {}

  /** @param what the scenario, as a part of the namespace's name */
  static async arrive(what: string, release = MOCK): Promise<Tenant> {
    const { node, tools } = await running();
    const name = `${what}-${crypto.randomUUID().slice(0, 8)}`;
    const tenant = new Tenant(node, tools, name, release);
    await node.api.create('/api/v1/namespaces', { metadata: { name } }, tenant.signal);
    const account = `/api/v1/namespaces/${name}/serviceaccounts/default`;
    await tenant.until('pods can be made', async () => (await tenant.get(account)) !== undefined);
    return tenant;
  }

  /** Deletes all that is theirs. @throws Error that names what is left in the cluster, on the node or of the volumes */
  async leave(): Promise<void> {
    const volumes = (await this.volumes()).map(({ metadata }) => metadata.name);
    const path = `/api/v1/namespaces/${this.name}`;
    const { metadata } = (await this.get(path)) as Live;
    await this.node.api.delete(path, metadata.uid, this.signal);
    await this.until('the namespace is gone', async () => (await this.get(path)) === undefined);
    await this.until('the volumes are gone', async () => none(await this.volumes()));
    await this.until('no attachment is left', async () => none(await this.attachments(volumes)));
    await this.until('no device and no mount is left', () => this.traces(volumes));
    if (this.classes.length > 0) await this.tools.kubectl('delete', 'storageclass', ...this.classes);
  }

  /** A class of the driver's, until they leave. @param settings all but what makes it one */
  async storageClass(settings: object, name = this.name): Promise<void> {
    const object = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name } };
    await this.tools.apply(JSON.stringify({ ...object, provisioner: this.release.driver, ...settings }));
    this.classes.push(name);
  }

  async claim(name: string, wish: ClaimWish = {}): Promise<void> {
    await this.make('persistentvolumeclaims', {
      metadata: { name, labels: wish.labels },
      spec: claimSpec({ class: this.release.class, ...wish }),
    });
  }

  async pod(name: string, wish: PodWish = {}): Promise<void> {
    await this.make('pods', { metadata: { name, labels: wish.labels }, spec: podSpec(wish) });
  }

  /** A pod with its claims mounted. */
  async runningPod(name: string, wish: PodWish = {}): Promise<void> {
    await this.pod(name, wish);
    await this.runs(name);
  }

  async runs(pod: string, patienceMs?: number): Promise<void> {
    const ready = async () => {
      const { status } = await this.see('pods', pod);
      const condition = (status?.['conditions'] as { type: string; status: string }[] | undefined)?.find(
        ({ type }) => type === 'Ready',
      );
      return condition?.status === 'True' || { status, events: await this.complaints(pod) };
    };
    await this.until(`pod ${pod} runs`, ready, patienceMs);
  }

  /** Runs a shell script in a pod. @returns what it printed */
  async sh(pod: string, script: string): Promise<string> {
    return (await this.tools.kubectl('-n', this.name, 'exec', pod, '--', 'sh', '-c', script)).trim();
  }

  async make(plural: Plural, object: object): Promise<void> {
    const { group: apiVersion, kind } = KINDS[plural];
    const whole = { apiVersion, kind, ...object };
    await this.node.api.create(this.path(plural), whole, this.signal).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
  }

  async see(plural: Plural, name: string): Promise<Live> {
    return (await this.node.api.get(`${this.path(plural)}/${name}`, this.signal)) as Live;
  }

  async all(plural: Plural): Promise<readonly Live[]> {
    return this.list(this.path(plural));
  }

  async change(plural: Plural, name: string, change: object): Promise<void> {
    await this.node.api.patch(`${this.path(plural)}/${name}`, 'merge', change, this.signal);
  }

  /** Deletes objects, and waits until they are gone. */
  async drop(plural: Plural, ...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const path = `${this.path(plural)}/${name}`;
      const live = (await this.get(path)) as Live | undefined;
      if (live) await this.node.api.delete(path, live.metadata.uid, this.signal).catch(absent);
    }
    for (const name of names) {
      const path = `${this.path(plural)}/${name}`;
      await this.until(`${plural} ${name} is gone`, async () => (await this.get(path)) === undefined);
    }
  }

  async bound(claim: string): Promise<void> {
    await this.until(`claim ${claim} has its volume`, async () => {
      const { status } = await this.see('persistentvolumeclaims', claim);
      return status?.['phase'] === 'Bound' || { status, events: await this.complaints(claim) };
    });
  }

  async grow(claim: string, size: string): Promise<void> {
    await this.change('persistentvolumeclaims', claim, {
      spec: { resources: { requests: { storage: size } } },
    });
  }

  async capacity(claim: string): Promise<string | undefined> {
    const { status } = await this.see('persistentvolumeclaims', claim);
    return (status?.['capacity'] as { storage?: string } | undefined)?.storage;
  }

  /** What was said about an object, as `kubectl describe` shows it. */
  async complaints(name: string): Promise<string[]> {
    const events = await this.all('events');
    return events
      .filter((event) => (event['involvedObject'] as { name: string }).name === name)
      .map((event) => `${event['reason']}: ${event['message']}`);
  }

  /** PersistentVolumes of this namespace's claims. */
  async volumes(): Promise<Live[]> {
    const all = await this.list('/api/v1/persistentvolumes');
    return all.filter(({ spec }) => (spec['claimRef'] as { namespace?: string })?.namespace === this.name);
  }

  async volumeOf(claim: string): Promise<Live> {
    const found = (await this.volumes()).find(
      ({ spec }) => (spec['claimRef'] as { name: string }).name === claim,
    );
    if (!found) throw new Error(`claim ${claim} has no volume`);
    return found;
  }

  /** Resolves once a condition holds. @throws Error with what there was instead */
  until(what: string, condition: () => Promise<unknown>, patienceMs = PATIENCE_MS): Promise<number> {
    return eventually(`${this.name}: ${what}`, condition, patienceMs);
  }

  private async attachments(volumes: readonly string[]): Promise<Live[]> {
    const all = await this.list('/apis/storage.k8s.io/v1/volumeattachments');
    return all.filter(({ spec }) =>
      volumes.includes((spec['source'] as { persistentVolumeName: string }).persistentVolumeName),
    );
  }

  /** True, or what the node still has of volumes that are gone. */
  private async traces(volumes: readonly string[]): Promise<unknown> {
    const mounts = await this.node.namespaces.mounts();
    // Staging paths are named by a hash of the volume; whoever else was here has left.
    const names = [`/kubernetes.io/csi/${this.release.driver}/`, ...volumes];
    const left = mounts.filter((line) => names.some((name) => line.includes(name)));
    const loops = await loopsOf(this.node.namespaces);
    return (left.length === 0 && loops.length === 0) || { left, loops };
  }

  private path(plural: Plural): string {
    const { group } = KINDS[plural];
    return `/${group === 'v1' ? 'api' : 'apis'}/${group}/namespaces/${this.name}/${plural}`;
  }

  private async get(path: string): Promise<unknown> {
    return this.node.api.get(path, this.signal).catch(absent);
  }

  private async list(path: string): Promise<Live[]> {
    return ((await this.node.api.get(path, this.signal)) as { items: Live[] }).items;
  }
}

const none = (left: readonly Live[]): unknown =>
  left.length === 0 || left.map(({ metadata }) => metadata.name);

function absent(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}
