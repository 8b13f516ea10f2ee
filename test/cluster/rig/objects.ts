import type { ApiClient } from '../../../src/kubernetes/api-client.ts';
import { isConflict, isNotFound } from '../../../src/kubernetes/kubernetes-error.ts';
import { PATHS } from '../../../src/kubernetes/live-cluster.ts';

export const DRIVER = 'rose-csi.io';
const SNAPSHOTS = '/apis/snapshot.storage.k8s.io/v1';
const NAMESPACE = '/api/v1/namespaces/default';
const CLAIMS = `${NAMESPACE}/persistentvolumeclaims`;
const PODS = `${NAMESPACE}/pods`;
const TAKEN = `${SNAPSHOTS}/namespaces/default/volumesnapshots`;
const NODE_SEGMENT = `${DRIVER}/appliance-rds`;

/** What the tests read of objects. */
export interface Seen {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** The objects that people and kubelet write; everything else is the controllers' work. */
export class Objects {
  private readonly signal = new AbortController().signal;

  constructor(readonly api: ApiClient) {}

  /** As kubelet makes them; there is none. */
  async node(name: string): Promise<void> {
    const labels = { [NODE_SEGMENT]: 'true', 'kubernetes.io/hostname': name };
    // Without it the attach/detach controller takes the node for one that attaches by itself.
    const annotations = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' };
    await this.make(PATHS.nodes, { kind: 'Node', metadata: { name, labels, annotations } });
    await this.ready(name, true);
    await this.make(PATHS.registrations, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: { name },
      spec: { drivers: [{ name: DRIVER, nodeID: name, topologyKeys: [NODE_SEGMENT] }] },
    });
  }

  async ready(node: string, ready: boolean): Promise<void> {
    const condition = {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      reason: 'Told',
      message: 'by the test',
      lastHeartbeatTime: new Date().toISOString(),
      lastTransitionTime: new Date().toISOString(),
    };
    await this.patch(`${PATHS.nodes}/${node}/status`, { status: { conditions: [condition] } });
  }

  async taint(node: string, taints: readonly object[]): Promise<void> {
    await this.patch(`${PATHS.nodes}/${node}`, { spec: { taints } });
  }

  async classes(): Promise<void> {
    await this.make('/apis/storage.k8s.io/v1/storageclasses', {
      kind: 'StorageClass',
      metadata: { name: 'rds' },
      provisioner: DRIVER,
      allowVolumeExpansion: true,
    });
    await this.make(`${SNAPSHOTS}/volumesnapshotclasses`, {
      kind: 'VolumeSnapshotClass',
      metadata: { name: 'rds' },
      driver: DRIVER,
      deletionPolicy: 'Delete',
    });
  }

  /** @param snapshot what it is filled from */
  async claim(name: string, size = '8Mi', snapshot?: string): Promise<void> {
    const source = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: snapshot };
    await this.make(CLAIMS, {
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: {
        storageClassName: 'rds',
        accessModes: ['ReadWriteOnce'],
        volumeMode: 'Block',
        resources: { requests: { storage: size } },
        ...(snapshot !== undefined && { dataSource: source }),
      },
    });
  }

  async expand(claim: string, size: string): Promise<void> {
    await this.patch(`${CLAIMS}/${claim}`, { spec: { resources: { requests: { storage: size } } } });
  }

  /**
   * A pod that is on a node already: there is no scheduler.
   * @param graceSeconds above 0 it waits, once deleted, for a kubelet that is not there
   */
  async pod(name: string, node: string, claims: readonly string[], graceSeconds = 0): Promise<void> {
    const volumes = claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
    const volumeDevices = claims.map((claim) => ({ name: claim, devicePath: `/dev/${claim}` }));
    await this.make(PODS, {
      kind: 'Pod',
      metadata: { name },
      spec: {
        nodeName: node,
        terminationGracePeriodSeconds: graceSeconds,
        automountServiceAccountToken: false,
        containers: [{ name: 'main', image: 'none', volumeDevices }],
        volumes,
      },
    });
  }

  async snapshot(name: string, claim: string): Promise<void> {
    await this.make(TAKEN, {
      kind: 'VolumeSnapshot',
      metadata: { name },
      spec: { volumeSnapshotClassName: 'rds', source: { persistentVolumeClaimName: claim } },
    });
  }

  /** An attachment's finalizers, as people do it who have waited long enough: the attacher is not asked. */
  async tearOff(attachment: string): Promise<void> {
    await this.patch(`${PATHS.attachments}/${attachment}`, { metadata: { finalizers: null } }).catch(absent);
  }

  readonly remove = {
    node: (name: string) => this.delete(`${PATHS.nodes}/${name}`),
    registration: (name: string) => this.delete(`${PATHS.registrations}/${name}`),
    pod: (name: string) => this.delete(`${PODS}/${name}`),
    claim: (name: string) => this.delete(`${CLAIMS}/${name}`),
    snapshot: (name: string) => this.delete(`${TAKEN}/${name}`),
    attachment: (name: string) => this.delete(`${PATHS.attachments}/${name}`),
  };

  readonly list = {
    claims: () => this.all(CLAIMS),
    pods: () => this.all(PODS),
    volumes: () => this.all(PATHS.persistentVolumes),
    attachments: () => this.all(PATHS.attachments),
    snapshots: () => this.all(TAKEN),
    contents: () => this.all(`${SNAPSHOTS}/volumesnapshotcontents`),
    events: () => this.all('/api/v1/events'),
  };

  /** The PersistentVolume of a claim. @throws Error where it is not bound */
  async volumeOf(claim: string): Promise<Seen> {
    const found = (await this.list.volumes()).find(
      ({ spec }) => (spec['claimRef'] as { name?: string } | undefined)?.name === claim,
    );
    if (!found) throw new Error(`claim ${claim} has no volume`);
    return found;
  }

  async make(path: string, object: object): Promise<void> {
    const [, group] = /^\/apis\/([^/]+\/[^/]+)/.exec(path) ?? [];
    const body = { apiVersion: group ?? 'v1', ...object };
    await this.api.create(path, body, this.signal).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
  }

  async patch(path: string, change: object): Promise<void> {
    await this.api.patch(path, 'merge', change, this.signal);
  }

  private async delete(path: string): Promise<void> {
    try {
      const { metadata } = (await this.api.get(path, this.signal)) as Seen;
      await this.api.delete(path, metadata.uid, this.signal);
    } catch (error) {
      absent(error);
    }
  }

  private async all(path: string): Promise<readonly Seen[]> {
    return ((await this.api.get(path, this.signal)) as { items: Seen[] }).items;
  }
}

function absent(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
