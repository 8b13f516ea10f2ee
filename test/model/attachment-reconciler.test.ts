import { describe, expect, test } from 'bun:test';
import { AttachmentReconciler } from '../../src/core/reconcile/attachment-reconciler.ts';
import type {
  Action,
  Announcer,
  Note,
  Outcome,
  Reports,
  Subject,
} from '../../src/core/reconcile/surroundings.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import type { VolumeId } from '../../src/core/storage/volume-id.ts';
import { ModelCluster } from './model-cluster.ts';
import { DRIVER, World } from './world.ts';

const lost = { status: 'inaccessible', reason: 'NotExported', message: 'not exported' } as const;
const mandate = { signal: new AbortController().signal, valid: () => true };

async function rig(change: (backend: StorageBackend) => Partial<StorageBackend> = () => ({})) {
  const world = await World.create();
  const cluster = new ModelCluster(world);
  const acted: [Action, Outcome][] = [];
  const notes: [Subject, Note][] = [];
  const reports: Reports = {
    acted: (...one) => acted.push(one),
    round: () => undefined,
    counts: () => undefined,
  };
  const announcer: Announcer = { announce: (...one) => notes.push(one) };
  const backend = Object.create(world.backend, Object.getOwnPropertyDescriptors(change(world.backend)));
  const reconciler = new AttachmentReconciler({
    backend,
    cluster,
    driver: DRIVER,
    locks: { hold: (volume) => (world.locked.has(volume) ? undefined : () => undefined) },
    clock: world.clock,
    announcer,
    reports,
    apartMs: 120_000,
  });
  const round = () => reconciler.round(mandate, world.context);
  return { world, cluster, acted, notes, reconciler, round };
}

async function attached(world: World, name: string, node = 'a'): Promise<VolumeId> {
  const spec = { name, requiredBytes: 1n << 16n, provisioning: 'thin', compression: false } as const;
  const { id } = await world.backend.createVolume(spec, world.context);
  const claim = { namespace: 'default', name, uid: name };
  world.persistentVolumes.set(name, {
    name,
    uid: name,
    driver: DRIVER,
    handle: id,
    reclaim: 'Delete',
    claim,
  });
  const at = world.nodes.get(node);
  if (at) world.attach(id, at, name);
  for (const attachment of world.attachments.values()) {
    if (attachment.volume === id) await world.publish(attachment);
  }
  return id;
}

const publications = async ({ backend, context }: World, id: VolumeId) =>
  (await backend.getVolume(id, context))?.publications.map(({ node }) => node);

describe('the attachment reconciler', () => {
  test('clears only at the second sighting, two minutes after the first', async () => {
    const { world, round, acted, notes, reconciler } = await rig();
    const id = await attached(world, 'one');
    world.attachments.clear();
    await round();
    world.clock.advance(119_000);
    await round();
    expect(await publications(world, id)).toEqual(['a' as never]);
    expect(reconciler.dueAt()).toBe(120_000);
    world.clock.advance(1000);
    await round();
    expect(await publications(world, id)).toEqual([]);
    expect(acted).toEqual([['clear', 'done']]);
    expect(notes[0]).toMatchObject([{ kind: 'volume', handle: id }, { reason: 'StalePublicationCleared' }]);
  });

  test('starts anew where the attachment came back in between', async () => {
    const { world, cluster, round } = await rig();
    const id = await attached(world, 'one');
    const [saved] = world.attachments.values();
    world.attachments.clear();
    await round();
    if (saved) world.attachments.set(saved.name, saved);
    cluster.refresh();
    world.clock.advance(200_000);
    await round();
    world.attachments.clear();
    cluster.refresh();
    await round();
    expect(await publications(world, id)).toEqual(['a' as never]);
  });

  test('asks the API server for nothing while the caches explain everything', async () => {
    const { world, cluster, round } = await rig();
    await attached(world, 'one');
    cluster.refresh();
    for (let at = 0; at < 10; at += 1) await round();
    expect(cluster.asked).toBe(0);
  });

  test('leaves a volume alone that an RPC works on', async () => {
    const { world, round, acted } = await rig();
    const id = await attached(world, 'one');
    world.attachments.clear();
    await round();
    world.clock.advance(120_000);
    world.locked.add(id);
    await round();
    expect(acted).toEqual([['clear', 'busy']]);
    expect(await publications(world, id)).toEqual(['a' as never]);
  });

  test('clears nothing where the API server or the appliance does not answer', async () => {
    const { world, round, acted } = await rig();
    await attached(world, 'one');
    world.attachments.clear();
    await round();
    world.clock.advance(120_000);
    world.apiUp = false;
    await expect(round()).rejects.toThrow('the API server is away');
    world.apiUp = true;
    world.backend.disconnect('cut');
    await expect(round()).rejects.toThrow();
    expect(acted).toEqual([]);
  });

  test('clears 500 stale publications in one round, with a list for each twenty', async () => {
    const { world, cluster, round, acted } = await rig();
    for (let at = 0; at < 500; at += 1) await attached(world, `pvc-${at}`);
    world.attachments.clear();
    await round();
    const before = cluster.asked;
    world.clock.advance(120_000);
    await round();
    expect(acted.filter(([, outcome]) => outcome === 'done')).toHaveLength(500);
    // Two questions a live view: one for the round, one for each of 25 batches.
    expect(cluster.asked - before).toBe(2 * 26);
  });

  test('does not publish anew what another replica has unpublished between the look and the export', async () => {
    const { world, round, acted } = await rig((real) => ({
      listVolumes: async (page, context) => {
        const { items } = await real.listVolumes(page, context);
        return { items: items.map((volume) => ({ ...volume, conditions: [lost] })) };
      },
      publishVolume: async (id, claim, context) => {
        await real.unpublishVolume(id, 'all', {}, context);
        return real.publishVolume(id, claim, context);
      },
    }));
    const id = await attached(world, 'one');
    await round();
    expect(acted).toEqual([['export', 'overtaken']]);
    expect(await publications(world, id)).toEqual([]);
  });

  test('exports again, in the same epoch, what its attachment wants and the appliance has lost', async () => {
    const { world, round, acted } = await rig((real) => ({
      listVolumes: async (page, context) => {
        const { items } = await real.listVolumes(page, context);
        return { items: items.map((volume) => ({ ...volume, conditions: [lost] })) };
      },
    }));
    const id = await attached(world, 'one');
    const before = await world.backend.getVolume(id, world.context);
    await round();
    expect(acted).toEqual([['export', 'done']]);
    expect((await world.backend.getVolume(id, world.context))?.epoch).toBe(before?.epoch);
    world.attachments.clear();
    await round();
    expect(acted).toEqual([['export', 'done']]);
  });
});
