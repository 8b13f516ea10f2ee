import type { Operation } from '../../src/backends/mock/fault-plan.ts';
import { MiB } from '../../src/core/bytes.ts';
import {
  type CreateSnapshotResponse,
  type CreateVolumeGroupSnapshotResponse,
  type CreateVolumeResponse,
  VolumeCapability_AccessMode_Mode as Mode,
} from '../../src/core/csi/generated/csi.ts';
import { METHODS, type MethodKey, type RawClient } from '../support/edge.ts';
import { block, NODE } from './controller-rig.ts';

/** An RPC that changes something, ready to be called. */
export interface Mutation {
  readonly title: string;
  readonly rpc: MethodKey;
  /** The port's operation that it comes to. */
  readonly operation: Operation;
  /** Makes what it needs. @returns its request */
  readonly prepare: (client: RawClient) => Promise<object>;
  /** What there is afterwards, however often it was called. */
  readonly leaves: { readonly volumes: number; readonly snapshots: number };
}

const secrets = {};

/** A request that says nothing but this. */
const filled = (rpc: MethodKey, fields: object): object => ({
  ...METHODS[rpc].requestDeserialize(Buffer.alloc(0)),
  ...fields,
});

/** Calls what must succeed. */
export async function done(client: RawClient, rpc: MethodKey, fields: object): Promise<unknown> {
  const { code, details, response } = await client.call(rpc, filled(rpc, fields));
  if (code !== 'OK') throw new Error(`${rpc}: ${code} ${details}`);
  return response;
}

const capability = block(Mode.SINGLE_NODE_WRITER);
const volume = (name: string, fields: object = {}): object =>
  filled('createVolume', {
    name,
    capacityRange: { requiredBytes: 8n * MiB, limitBytes: 0n },
    volumeCapabilities: [capability],
    ...fields,
  });

async function volumeId(client: RawClient, name = 'source'): Promise<string> {
  const response = (await done(client, 'createVolume', volume(name))) as CreateVolumeResponse;
  return response.volume?.volumeId ?? '';
}

async function snapshotId(client: RawClient): Promise<string> {
  const fields = { name: 'snapshot', sourceVolumeId: await volumeId(client) };
  const response = (await done(client, 'createSnapshot', fields)) as CreateSnapshotResponse;
  return response.snapshot?.snapshotId ?? '';
}

const publication = async (client: RawClient) => ({
  volumeId: await volumeId(client),
  nodeId: NODE,
  volumeCapability: capability,
});

const group = async (client: RawClient) => ({
  name: 'group',
  sourceVolumeIds: [await volumeId(client, 'one'), await volumeId(client, 'two')],
});

/** Every RPC of the controllers that changes something. */
export const MUTATIONS: readonly Mutation[] = [
  {
    title: 'CreateVolume',
    rpc: 'createVolume',
    operation: 'createVolume',
    prepare: async () => volume('new'),
    leaves: { volumes: 1, snapshots: 0 },
  },
  {
    title: 'CreateVolume from a snapshot',
    rpc: 'createVolume',
    operation: 'createVolume',
    prepare: async (client) => {
      const snapshot = { snapshotId: await snapshotId(client) };
      return volume('restored', { volumeContentSource: { type: { $case: 'snapshot', snapshot } } });
    },
    leaves: { volumes: 2, snapshots: 1 },
  },
  {
    title: 'CreateVolume from a volume',
    rpc: 'createVolume',
    operation: 'createVolume',
    prepare: async (client) => {
      const source = { volumeId: await volumeId(client) };
      return volume('clone', { volumeContentSource: { type: { $case: 'volume', volume: source } } });
    },
    leaves: { volumes: 2, snapshots: 0 },
  },
  {
    title: 'DeleteVolume',
    rpc: 'deleteVolume',
    operation: 'deleteVolume',
    prepare: async (client) => ({ volumeId: await volumeId(client), secrets }),
    leaves: { volumes: 0, snapshots: 0 },
  },
  {
    title: 'ControllerPublishVolume',
    rpc: 'controllerPublishVolume',
    operation: 'publishVolume',
    prepare: async (client) => filled('controllerPublishVolume', await publication(client)),
    leaves: { volumes: 1, snapshots: 0 },
  },
  {
    title: 'ControllerUnpublishVolume',
    rpc: 'controllerUnpublishVolume',
    operation: 'unpublishVolume',
    prepare: async (client) => {
      const claim = await publication(client);
      await done(client, 'controllerPublishVolume', claim);
      return filled('controllerUnpublishVolume', { volumeId: claim.volumeId, nodeId: NODE });
    },
    leaves: { volumes: 1, snapshots: 0 },
  },
  {
    title: 'ControllerExpandVolume',
    rpc: 'controllerExpandVolume',
    operation: 'expandVolume',
    prepare: async (client) =>
      filled('controllerExpandVolume', {
        volumeId: await volumeId(client),
        capacityRange: { requiredBytes: 16n * MiB, limitBytes: 0n },
      }),
    leaves: { volumes: 1, snapshots: 0 },
  },
  {
    title: 'ControllerModifyVolume',
    rpc: 'controllerModifyVolume',
    operation: 'modifyVolume',
    prepare: async (client) => ({
      volumeId: await volumeId(client),
      secrets,
      mutableParameters: { compression: 'true', queues: '2' },
    }),
    leaves: { volumes: 1, snapshots: 0 },
  },
  {
    title: 'CreateSnapshot',
    rpc: 'createSnapshot',
    operation: 'createSnapshot',
    prepare: async (client) =>
      filled('createSnapshot', { name: 'new', sourceVolumeId: await volumeId(client) }),
    leaves: { volumes: 1, snapshots: 1 },
  },
  {
    title: 'DeleteSnapshot',
    rpc: 'deleteSnapshot',
    operation: 'deleteSnapshot',
    prepare: async (client) => ({ snapshotId: await snapshotId(client), secrets }),
    leaves: { volumes: 1, snapshots: 0 },
  },
  {
    title: 'CreateVolumeGroupSnapshot',
    rpc: 'createVolumeGroupSnapshot',
    operation: 'createGroupSnapshot',
    prepare: async (client) => filled('createVolumeGroupSnapshot', await group(client)),
    leaves: { volumes: 2, snapshots: 2 },
  },
  {
    title: 'DeleteVolumeGroupSnapshot',
    rpc: 'deleteVolumeGroupSnapshot',
    operation: 'deleteSnapshot',
    prepare: async (client) => {
      const response = await done(client, 'createVolumeGroupSnapshot', await group(client));
      const { groupSnapshot } = response as CreateVolumeGroupSnapshotResponse;
      return {
        groupSnapshotId: groupSnapshot?.groupSnapshotId ?? '',
        snapshotIds: groupSnapshot?.snapshots.map((snapshot) => snapshot.snapshotId) ?? [],
        secrets,
      };
    },
    leaves: { volumes: 2, snapshots: 0 },
  },
];
