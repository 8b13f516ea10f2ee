import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DriverProcess } from '../../../src/commands/demo/driver-process.ts';
import { MiB } from '../../../src/core/bytes.ts';
import { attachmentName } from '../../../src/core/reconcile/attachment-name.ts';
import type { ApiClient } from '../../../src/kubernetes/api-client.ts';
import { ApiLeaseStore } from '../../../src/kubernetes/lease.ts';
import { PATHS } from '../../../src/kubernetes/live-cluster.ts';
import { Simulator } from '../../simulator/simulator.ts';
import { TcpProxy } from '../../support/ssh/tcp-proxy.ts';
import { ControlPlane } from './control-plane.ts';
import { serviceAccount } from './service-account.ts';

export const DRIVER = 'rose-csi.io';
const block = { accessType: { $case: 'block', block: {} }, accessMode: { mode: 1 } } as never;
const { signal } = new AbortController();

/** Of the reconcilers and the lease: swift, so that a test sees several of each. */
export const SWIFT = {
  LEASE_SECONDS: '4',
  LEASE_RENEW_SECONDS: '3',
  LEASE_RETRY_SECONDS: '1',
  RECONCILE_SECONDS: '2',
  CLEAR_AFTER_SECONDS: '2',
};

/**
 * Controllers as processes, a simulated appliance and a real API server; attachments are made and deleted here, as
 * sidecars would do it.
 */
export class Drivers {
  private readonly drivers = new Map<string, DriverProcess>();
  /** Between each controller and the API server. */
  private readonly networks = new Map<string, TcpProxy>();

  private constructor(
    readonly plane: ControlPlane,
    readonly api: ApiClient,
    private readonly simulator: Simulator,
    readonly folder: string,
  ) {}

  static async start(nodes: readonly string[]): Promise<Drivers> {
    const plane = await ControlPlane.start();
    const api = await plane.client();
    const folder = await mkdtemp(`${tmpdir()}/rose-csi-controllers-`);
    const simulator = await Simulator.start({
      appliance: {
        version: '7.24',
        pools: [{ slot: 'pool1', fs: 'btrfs', bytes: 10_000n * MiB }],
        random: randomBytes,
      },
    });
    await Bun.write(`${folder}/key`, simulator.userKey, { mode: 0o600 });
    await serviceAccount(api, plane.authority.cert, `${folder}/account`);
    const started = new Drivers(plane, api, simulator, folder);
    for (const name of nodes) await started.addNode(name);
    return started;
  }

  async stop(): Promise<void> {
    for (const driver of this.drivers.values()) await driver.stop();
    for (const proxy of this.networks.values()) proxy.stop();
    await this.simulator.stop();
    await this.plane.stop();
    await rm(this.folder, { recursive: true });
  }

  /** @param command the driver's; by `name` it goes from then on, also where another of that name ran before */
  async run(name: string, command: readonly string[], settings: Readonly<Record<string, string>>) {
    const network = this.networks.get(name) ?? (await TcpProxy.start(() => this.plane.port));
    this.networks.set(name, network);
    await mkdir(`${this.folder}/${name}`, { recursive: true });
    const driver = await DriverProcess.start({
      command,
      folder: `${this.folder}/${name}`,
      settings: { ...this.access(network.port), POD_NAME: name, ...settings },
      timeoutMs: 30_000,
    });
    this.drivers.set(name, driver);
    return driver;
  }

  private access(port: number): Record<string, string> {
    return {
      CSI_MODE: 'controller',
      RDS_BACKEND: 'routeros',
      RDS_ADDRESS: '127.0.0.1',
      RDS_PORT: String(this.simulator.port),
      RDS_USER: Simulator.user,
      RDS_PRIVATE_KEY_FILE: `${this.folder}/key`,
      RDS_HOST_KEY: this.simulator.hostKeyLine,
      RDS_SETTLE_SECONDS: '0',
      KUBERNETES: 'on',
      SERVICE_ACCOUNT_DIR: `${this.folder}/account`,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(port),
    };
  }

  driver(name: string): DriverProcess {
    const found = this.drivers.get(name);
    if (!found) throw new Error(`no driver ${name}`);
    return found;
  }

  network(name: string): TcpProxy {
    const found = this.networks.get(name);
    if (!found) throw new Error(`no network of ${name}`);
    return found;
  }

  log(name: string): Promise<string> {
    return Bun.file(`${this.folder}/${name}/driver.log`).text();
  }

  async addNode(name: string): Promise<void> {
    await this.api.create(PATHS.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name } }, signal);
    const spec = { drivers: [{ name: DRIVER, nodeID: name, topologyKeys: [] }] };
    const csiNode = { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name }, spec };
    await this.api.create(PATHS.registrations, csiNode, signal);
  }

  /** Provisioned by one controller, published by another, as the sidecars do it. @returns the volume's id */
  async attached(pvc: string, node: string, by = 'one', publishedBy = by): Promise<string> {
    const request = {
      name: pvc,
      capacityRange: { requiredBytes: 1n * MiB, limitBytes: 0n },
      volumeCapabilities: [block],
      parameters: {},
      secrets: {},
      mutableParameters: {},
    };
    const { volume } = await this.driver(by).client.controller.createVolume(request as never);
    const volumeId = volume?.volumeId ?? '';
    const persistentVolume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `pv-${pvc}` },
      spec: {
        capacity: { storage: '1Mi' },
        accessModes: ['ReadWriteOnce'],
        csi: { driver: DRIVER, volumeHandle: volumeId },
      },
    };
    await this.api.create(PATHS.persistentVolumes, persistentVolume, signal);
    const attachment = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: {
        name: attachmentName(volumeId, DRIVER, node),
        annotations: { 'csi.alpha.kubernetes.io/node-id': node },
      },
      spec: { attacher: DRIVER, nodeName: node, source: { persistentVolumeName: `pv-${pvc}` } },
    };
    await this.api.create(PATHS.attachments, attachment, signal);
    const publish = {
      volumeId,
      nodeId: node,
      volumeCapability: block,
      readonly: false,
      secrets: {},
      volumeContext: {},
    };
    await this.driver(publishedBy).client.controller.controllerPublishVolume(publish);
    return volumeId;
  }

  /** The attachment goes as when somebody tears it off: nobody unpublishes. */
  async detach(volumeId: string, node: string): Promise<void> {
    await this.remove(`${PATHS.attachments}/${attachmentName(volumeId, DRIVER, node)}`);
  }

  async remove(path: string): Promise<void> {
    const { metadata } = (await this.api.get(path, signal)) as { metadata: { uid: string } };
    await this.api.delete(path, metadata.uid, signal);
  }

  /** Nodes by volume, as a controller says. */
  async holders(by: string): Promise<Map<string, string[]>> {
    const list = { maxEntries: 0, startingToken: '' };
    const { entries } = await this.driver(by).client.controller.listVolumes(list);
    return new Map(
      entries.map(({ volume, status }) => [volume?.volumeId ?? '', status?.publishedNodeIds ?? []]),
    );
  }

  async leader(): Promise<string> {
    const record = await new ApiLeaseStore(this.api, 'kube-system', DRIVER).read(signal);
    return record?.holder.split('_')[0] ?? '';
  }

  /** How often the lease was taken over. */
  async transitions(): Promise<number> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${DRIVER}`;
    const { spec } = (await this.api.get(path, signal)) as { spec: { leaseTransitions?: number } };
    return spec.leaseTransitions ?? 0;
  }
}
