/** Run by `make test-kube`: two controllers as processes, a simulated appliance, a real API server. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { MiB } from '../../src/core/bytes.ts';
import { attachmentName } from '../../src/core/reconcile/attachment-name.ts';
import type { ApiClient } from '../../src/kubernetes/api-client.ts';
import { ApiLeaseStore } from '../../src/kubernetes/lease.ts';
import { PATHS } from '../../src/kubernetes/live-cluster.ts';
import { Simulator } from '../simulator/simulator.ts';
import { TcpProxy } from '../support/ssh/tcp-proxy.ts';
import { ControlPlane } from './rig/control-plane.ts';
import { serviceAccount } from './rig/service-account.ts';

const MAIN = `${import.meta.dir}/../../src/main.ts`;
const COMMAND = process.env['ROSE_CSI'] ? [process.env['ROSE_CSI']] : [process.execPath, MAIN];
const DRIVER = 'rose-csi.io';
const CLEAR_AFTER_SECONDS = 2;
const block = { accessType: { $case: 'block', block: {} }, accessMode: { mode: 1 } } as never;
const { signal } = new AbortController();

let plane: ControlPlane;
let api: ApiClient;
let simulator: Simulator;
let folder: string;
const drivers = new Map<string, DriverProcess>();
/** Between each controller and the API server. */
const networks = new Map<string, TcpProxy>();

beforeAll(async () => {
  plane = await ControlPlane.start();
  api = await plane.client();
  folder = await mkdtemp(`${tmpdir()}/rose-csi-controllers-`);
  simulator = await Simulator.start({
    appliance: {
      version: '7.24',
      pools: [{ slot: 'pool1', fs: 'btrfs', bytes: 10_000n * MiB }],
      random: randomBytes,
    },
  });
  await Bun.write(`${folder}/key`, simulator.userKey, { mode: 0o600 });
  for (const name of ['node-a', 'node-b']) await addNode(name);
  await serviceAccount(api, plane.authority.cert, `${folder}/account`);
  for (const name of ['one', 'two']) networks.set(name, await TcpProxy.start(() => plane.port));
  await Promise.all(['one', 'two'].map(startDriver));
}, 120_000);

afterAll(async () => {
  for (const driver of drivers.values()) await driver.stop();
  for (const proxy of networks.values()) proxy.stop();
  await simulator.stop();
  await plane.stop();
  await rm(folder, { recursive: true });
});

async function startDriver(name: string): Promise<void> {
  await mkdir(`${folder}/${name}`, { recursive: true });
  const driver = await DriverProcess.start({
    command: COMMAND,
    folder: `${folder}/${name}`,
    settings: {
      CSI_MODE: 'controller',
      RDS_BACKEND: 'routeros',
      RDS_ADDRESS: '127.0.0.1',
      RDS_PORT: String(simulator.port),
      RDS_USER: Simulator.user,
      RDS_PRIVATE_KEY_FILE: `${folder}/key`,
      RDS_HOST_KEY: simulator.hostKeyLine,
      RDS_SETTLE_SECONDS: '0',
      KUBERNETES: 'on',
      SERVICE_ACCOUNT_DIR: `${folder}/account`,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(network(name).port),
      DELETE_ATTACHMENTS_OF_LOST_NODES: 'true',
      LOST_NODE_SECONDS: '3',
      POD_NAME: name,
      LEASE_SECONDS: '4',
      LEASE_RENEW_SECONDS: '3',
      LEASE_RETRY_SECONDS: '1',
      RECONCILE_SECONDS: '2',
      CLEAR_AFTER_SECONDS: String(CLEAR_AFTER_SECONDS),
    },
    timeoutMs: 30_000,
  });
  drivers.set(name, driver);
}

async function addNode(name: string): Promise<void> {
  await api.create(PATHS.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name } }, signal);
  const spec = { drivers: [{ name: DRIVER, nodeID: name, topologyKeys: [] }] };
  const csiNode = { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name }, spec };
  await api.create(PATHS.registrations, csiNode, signal);
}

const network = (name: string): TcpProxy => {
  const found = networks.get(name);
  if (!found) throw new Error(`no network of ${name}`);
  return found;
};

const driver = (name: string): DriverProcess => {
  const found = drivers.get(name);
  if (!found) throw new Error(`no driver ${name}`);
  return found;
};

/** Provisioned by one controller, published by another, as the sidecars do it. */
async function attached(pvc: string, node: string, by = 'one', publishedBy = by): Promise<string> {
  const request = {
    name: pvc,
    capacityRange: { requiredBytes: 1n * MiB, limitBytes: 0n },
    volumeCapabilities: [block],
    parameters: {},
    secrets: {},
    mutableParameters: {},
  };
  const { volume } = await driver(by).client.controller.createVolume(request as never);
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
  await api.create(PATHS.persistentVolumes, persistentVolume, signal);
  const attachment = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: {
      name: attachmentName(volumeId, DRIVER, node),
      annotations: { 'csi.alpha.kubernetes.io/node-id': node },
    },
    spec: { attacher: DRIVER, nodeName: node, source: { persistentVolumeName: `pv-${pvc}` } },
  };
  await api.create(PATHS.attachments, attachment, signal);
  const publish = {
    volumeId,
    nodeId: node,
    volumeCapability: block,
    readonly: false,
    secrets: {},
    volumeContext: {},
  };
  await driver(publishedBy).client.controller.controllerPublishVolume(publish);
  return volumeId;
}

async function detach(volumeId: string, node: string): Promise<void> {
  const path = `${PATHS.attachments}/${attachmentName(volumeId, DRIVER, node)}`;
  const { metadata } = (await api.get(path, signal)) as { metadata: { uid: string } };
  await api.delete(path, metadata.uid, signal);
}

async function holders(by: string): Promise<Map<string, string[]>> {
  const { entries } = await driver(by).client.controller.listVolumes({ maxEntries: 0, startingToken: '' });
  return new Map(
    entries.map(({ volume, status }) => [volume?.volumeId ?? '', status?.publishedNodeIds ?? []]),
  );
}

async function eventually(what: string, condition: () => Promise<boolean>, ms = 40_000): Promise<number> {
  const begun = performance.now();
  while (!(await condition())) {
    if (performance.now() - begun > ms) throw new Error(`waited in vain: ${what}`);
    await Bun.sleep(50);
  }
  return performance.now() - begun;
}

const leader = async (): Promise<string> => {
  const record = await new ApiLeaseStore(api, 'kube-system', DRIVER).read(signal);
  return record?.holder.split('_')[0] ?? '';
};

describe('two controllers on one cluster', () => {
  test('serve calls side by side, and only what has lost its attachment is cleared', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `pvc-${at}`);
    const ids = await Promise.all(
      names.map((name, at) =>
        attached(name, at % 2 ? 'node-a' : 'node-b', at % 3 ? 'one' : 'two', at % 2 ? 'one' : 'two'),
      ),
    );
    const lost = ids.slice(0, 5);
    await Promise.all(lost.map((id, at) => detach(id, at % 2 ? 'node-a' : 'node-b')));
    await eventually('they are cleared', async () => {
      const held = await holders('two');
      return lost.every((id) => held.get(id)?.length === 0);
    });
    const held = await holders('one');
    for (const [at, id] of ids.slice(5).entries())
      expect(held.get(id)).toEqual([at % 2 ? 'node-b' : 'node-a']);
  }, 120_000);

  test('a node is deleted with volumes attached: cleared within the two sightings and 30 s', async () => {
    const id = await attached('of-lost-node', 'node-b');
    await detach(id, 'node-b');
    const { metadata } = (await api.get(`${PATHS.nodes}/node-b`, signal)) as { metadata: { uid: string } };
    await api.delete(`${PATHS.nodes}/node-b`, metadata.uid, signal);
    const took = await eventually('it is cleared', async () => (await holders('one')).get(id)?.length === 0);
    expect(took).toBeLessThan(CLEAR_AFTER_SECONDS * 1000 + 30_000);
  }, 90_000);

  test('a node vanishes and its attachment stays: the object is deleted, its finalizers are left to the attacher', async () => {
    const pvc = 'of-vanished-node';
    const id = await attached(pvc, 'node-b');
    const name = attachmentName(id, DRIVER, 'node-b');
    await api.patch(
      `${PATHS.persistentVolumes}/pv-${pvc}`,
      'merge',
      { spec: { claimRef: { namespace: 'default', name: pvc, uid: 'u' } } },
      signal,
    );
    await api.patch(
      `${PATHS.attachments}/${name}`,
      'merge',
      { metadata: { finalizers: ['external-attacher/rose-csi-io'] } },
      signal,
    );
    await eventually('it is being deleted', async () => {
      const { metadata } = (await api.get(`${PATHS.attachments}/${name}`, signal)) as {
        metadata: { deletionTimestamp?: string; finalizers?: string[] };
      };
      return metadata.deletionTimestamp !== undefined && metadata.finalizers?.length === 1;
    });
    expect((await holders('one')).get(id)).toEqual(['node-b']);
  }, 90_000);

  test('the leader is killed: the other one takes over, and finds what was left', async () => {
    const first = await leader();
    const other = first === 'one' ? 'two' : 'one';
    const id = await attached('of-dead-leader', 'node-a', other);
    process.kill(driver(first).pid, 'SIGKILL');
    await detach(id, 'node-a');
    await eventually('the other leads', async () => (await leader()) === other);
    await eventually('it is cleared', async () => (await holders(other)).get(id)?.length === 0);
    await driver(first).stop();
    await startDriver(first);
    expect(await leader()).toBe(other);
  }, 120_000);

  test('the API server is away: calls are served, nothing is cleared, and afterwards it goes on', async () => {
    const id = await attached('in-the-dark', 'node-a');
    await detach(id, 'node-a');
    await plane.apiServerDown();
    const dark = await driver('two').client.controller.listVolumes({ maxEntries: 0, startingToken: '' });
    expect(dark.entries.length).toBeGreaterThan(20);
    await plane.apiServerUp();
    await eventually('it is cleared', async () => (await holders('one')).get(id)?.length === 0);
    await eventually('somebody leads', async () => (await leader()) !== '');
  }, 120_000);

  test('the leader is cut off from the API server: it stops before the other one takes over, and both serve calls', async () => {
    const first = await leader();
    const other = first === 'one' ? 'two' : 'one';
    network(first).swallow();
    const id = await attached('across-the-cut', 'node-a', first, other);
    await detach(id, 'node-a');
    await eventually('the other leads', async () => (await leader()) === other);
    const log = await Bun.file(`${folder}/${first}/driver.log`).text();
    expect(log).toContain('the lease was lost: acting no more');
    await eventually('it is cleared', async () => (await holders(first)).get(id)?.length === 0);
    network(first).heal();
    const before = await leader();
    await detach(await attached('after-the-cut', 'node-a', first), 'node-a');
    expect(before).toBe(other);
  }, 120_000);
});
