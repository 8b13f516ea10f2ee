import { MiB } from '../../src/core/bytes.ts';
import type { CallContext } from '../../src/core/call-context.ts';
import { groupSnapshotSlot, snapshotSlot } from '../../src/core/storage/snapshot-slot.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import type { PublishClaim, VolumeSpec } from '../../src/core/storage/volume.ts';
import {
  type NodeId,
  type SnapshotId,
  slotFor,
  snapshotId,
  type VolumeId,
  volumeId,
} from '../../src/core/storage/volume-id.ts';
import { APPLIANCE } from './mock-fixtures.ts';

const CLUSTER = 'contract';
const idOf = (name: string): VolumeId => volumeId(APPLIANCE, slotFor(CLUSTER, name));
const snapshotOf = (name: string): SnapshotId => snapshotId(APPLIANCE, snapshotSlot(CLUSTER, name));
const groupOf = (name: string): SnapshotId => snapshotId(APPLIANCE, groupSnapshotSlot(CLUSTER, name));
const spec = (name: string, change: Partial<VolumeSpec> = {}): VolumeSpec => ({
  name,
  requiredBytes: MiB,
  provisioning: 'thin',
  compression: false,
  ...change,
});
const claim = (node: string): PublishClaim => ({ node: node as NodeId, sharing: 'multi', readonly: false });

/** What stands on the appliance before an operation is disturbed. */
export async function furnish(backend: StorageBackend, context: CallContext): Promise<void> {
  for (const name of ['idle', 'used']) await backend.createVolume(spec(name), context);
  await backend.createVolume(spec('packed', { pool: 'plain' }), context);
  await backend.publishVolume(idOf('used'), claim('node-a'), context);
  await backend.createSnapshot({ name: 'still', source: idOf('idle') }, context);
  await backend.createGroupSnapshot({ name: 'still', sources: [idOf('idle'), idOf('used')] }, context);
}

type Operate = (backend: StorageBackend, context: CallContext) => Promise<unknown>;

/** Every kind of change, on a furnished appliance. */
export const CHANGES: Readonly<Record<string, Operate>> = {
  createVolume: (backend, context) => backend.createVolume(spec('new'), context),
  'createVolume thick': (backend, context) =>
    backend.createVolume(spec('new', { provisioning: 'thick' }), context),
  'createVolume from a snapshot': (backend, context) =>
    backend.createVolume(
      spec('new', { contentSource: { kind: 'snapshot', id: snapshotOf('still') } }),
      context,
    ),
  'createVolume from a volume': (backend, context) =>
    backend.createVolume(spec('new', { contentSource: { kind: 'volume', id: idOf('used') } }), context),
  deleteVolume: (backend, context) => backend.deleteVolume(idOf('idle'), context),
  expandVolume: (backend, context) => backend.expandVolume(idOf('used'), 3n * MiB, context),
  modifyVolume: (backend, context) => backend.modifyVolume(idOf('packed'), { compression: true }, context),
  'modifyVolume and its connection': (backend, context) =>
    backend.modifyVolume(idOf('packed'), { compression: true, connection: { queues: 2 } }, context),
  publishVolume: (backend, context) => backend.publishVolume(idOf('idle'), claim('node-a'), context),
  'publishVolume to a second node': (backend, context) =>
    backend.publishVolume(idOf('used'), claim('node-b'), context),
  unpublishVolume: (backend, context) =>
    backend.unpublishVolume(idOf('used'), claim('node-a').node, {}, context),
  createSnapshot: (backend, context) =>
    backend.createSnapshot({ name: 'new', source: idOf('used') }, context),
  createGroupSnapshot: (backend, context) =>
    backend.createGroupSnapshot({ name: 'new', sources: [idOf('used'), idOf('idle')] }, context),
  deleteSnapshot: (backend, context) => backend.deleteSnapshot(snapshotOf('still'), context),
  'deleteSnapshot of a group': (backend, context) => backend.deleteSnapshot(groupOf('still'), context),
};

/** All that can be seen through the port. */
export async function visible(backend: StorageBackend, context: CallContext): Promise<unknown> {
  return {
    volumes: await backend.listVolumes({}, context),
    snapshots: await backend.listSnapshots({}, {}, context),
    pools: await backend.pools(context),
  };
}

/** Deletes everything there is. */
export async function clear(backend: StorageBackend, context: CallContext): Promise<void> {
  const snapshots = (await backend.listSnapshots({}, {}, context)).items;
  for (const id of new Set(snapshots.map(({ id, group }) => group ?? id))) {
    await backend.deleteSnapshot(id, context);
  }
  for (const { id } of (await backend.listVolumes({}, context)).items) {
    await backend.unpublishVolume(id, 'all', {}, context);
    await backend.deleteVolume(id, context);
  }
}
