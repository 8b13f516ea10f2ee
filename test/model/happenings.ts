import fc from 'fast-check';
import type { VolumeId } from '../../src/core/storage/volume-id.ts';
import { REMAINS_HAPPENINGS } from './remains-happenings.ts';
import type { TrueAttachment, World } from './world.ts';

/** Something that happens to the world; `pick` chooses among what is there. */
export interface Happening {
  readonly kind: keyof typeof HAPPENINGS;
  readonly pick: number;
}

type Act = (world: World, pick: number) => Promise<void> | void;

const choose = <T>(items: Iterable<T>, pick: number): T | undefined => {
  const all = [...items];
  return all[pick % Math.max(all.length, 1)];
};

const one = (world: World, pick: number): TrueAttachment | undefined =>
  choose(world.attachments.values(), pick);

async function create(world: World, pick: number, how: 'bound' | 'pending' | 'lost'): Promise<void> {
  const uid = `00000000-0000-4000-8000-${String(world.next()).padStart(12, '0')}`;
  const name = `pvc-${uid}`;
  const spec = { name, requiredBytes: 1n << 20n, provisioning: 'thin', compression: false } as const;
  const made = await world.backend.createVolume(spec, world.context).catch(() => undefined);
  if (!made || how === 'lost') return;
  world.pendingClaims.set(made.id, { namespace: 'default', name, uid });
  if (how === 'bound') bind(world, made.id, pick);
}

/** The provisioner writes the PersistentVolume. */
function bind(world: World, handle: VolumeId, pick: number): void {
  const claim = world.pendingClaims.get(handle);
  if (!claim) return;
  const { name } = claim;
  const reclaim = pick % 3 === 0 ? 'Retain' : 'Delete';
  world.persistentVolumes.set(name, { name, uid: name, driver: 'rose-csi.io', handle, reclaim, claim });
  world.pendingClaims.delete(handle);
}

export const HAPPENINGS = {
  ...REMAINS_HAPPENINGS,
  create: (world, pick) => create(world, pick, 'bound'),
  /** The provisioner dies between CreateVolume and the PersistentVolume. */
  createAndCrash: (world, pick) => create(world, pick, 'lost'),
  /** It cannot write the PersistentVolume for hours, and goes on trying. */
  createAndWait: (world, pick) => create(world, pick, 'pending'),
  bindLate: (world, pick) => {
    const waiting = choose(world.pendingClaims.keys(), pick);
    if (waiting) bind(world, waiting, pick);
  },
  /** Its claim is deleted before it had a PersistentVolume. */
  giveUp: (world, pick) => {
    const waiting = choose(world.pendingClaims.keys(), pick);
    if (waiting) world.pendingClaims.delete(waiting);
  },
  attach: (world, pick) => {
    const volume = choose(world.persistentVolumes.values(), pick);
    const node = choose(world.nodes.values(), pick >> 3);
    if (volume && node) world.attach(volume.handle as VolumeId, node, volume.name);
  },
  /** Under a name that somebody else than Kubernetes has chosen. */
  attachOddly: (world, pick) => {
    const volume = choose(world.persistentVolumes.values(), pick);
    const node = choose(world.nodes.values(), pick >> 3);
    if (volume && node)
      world.attach(volume.handle as VolumeId, node, volume.name, 'rose-csi.io', `odd-${pick}`);
  },
  /** What was torn off comes back: the volume is attached again where it is still published. */
  reattach: async (world) => {
    const { items } = await world.backend.listVolumes({}, world.context).catch(() => ({ items: [] }));
    for (const { id, publications } of items) {
      const known = [...world.persistentVolumes.values()].find(({ handle }) => handle === id);
      const node = [...world.nodes.values()].find((one) => one.id === publications[0]?.node);
      if (known && node) world.attach(id, node, known.name);
    }
    await HAPPENINGS.publishAll(world);
  },
  /** Somebody writes PersistentVolumes for whatever has none. */
  adopt: async (world) => {
    const { items } = await world.backend.listVolumes({}, world.context).catch(() => ({ items: [] }));
    for (const { id } of items.filter((volume) => !world.hasClaimant(volume.id))) {
      const name = `static-${world.next()}`;
      world.persistentVolumes.set(name, {
        name,
        uid: name,
        driver: 'twin.io',
        handle: id,
        reclaim: 'Retain',
      });
    }
  },
  /** By the twin of this driver under another name. */
  attachByTwin: (world, pick) => {
    const volume = choose(world.persistentVolumes.values(), pick);
    const node = choose(world.nodes.values(), pick >> 3);
    if (volume && node) world.attach(volume.handle as VolumeId, node, volume.name, 'twin.io');
  },
  publish: async (world, pick) => {
    const attachment = one(world, pick);
    if (attachment && !attachment.deleting) await world.publish(attachment);
  },
  publishAll: async (world: World) => {
    for (const attachment of [...world.attachments.values()]) {
      if (!attachment.deleting) await world.publish(attachment);
    }
  },
  detach: async (world, pick) => {
    const attachment = one(world, pick);
    if (!attachment) return;
    world.attachments.set(attachment.name, { ...attachment, deleting: true });
    await world.unpublish(attachment);
  },
  /** Somebody removes the finalizer: the object goes, the publication stays. */
  tearOff: (world, pick) => {
    const attachment = one(world, pick);
    if (attachment) world.attachments.delete(attachment.name);
  },
  tearOffAll: (world) => world.attachments.clear(),
  loseNode: (world, pick) => {
    const node = choose(world.nodes.keys(), pick);
    if (node) world.nodes.delete(node);
  },
  addNode: (world, pick) => world.addNode(['a', 'b', 'c'][pick % 3] ?? 'a'),
  deleteVolume: async (world, pick) => {
    const volume = choose(world.persistentVolumes.values(), pick);
    if (!volume) return;
    if (volume.reclaim === 'Retain') return;
    await world.rpc(volume.handle, async () => {
      await world.backend.deleteVolume(volume.handle as VolumeId, world.context);
      world.persistentVolumes.delete(volume.name);
    });
  },
  /** The object alone, as with Retain, or by force while it is attached. */
  dropPersistentVolume: (world, pick) => {
    const volume = choose(world.persistentVolumes.values(), pick);
    if (volume) world.persistentVolumes.delete(volume.name);
  },
  apiAway: (world) => {
    world.apiUp = false;
  },
  apiBack: (world) => {
    world.apiUp = true;
  },
  applianceAway: (world) => world.backend.disconnect('cut'),
  applianceBack: (world) => world.backend.reconnect(),
  timePasses: (world, pick) => world.clock.advance((pick % 9) * 40_000),
  foreign: async (world, pick) => {
    const spec = { requiredBytes: 1n << 20n, provisioning: 'thin', compression: false } as const;
    const made = await world.foreign
      .createVolume({ ...spec, name: `theirs-${pick % 3}` }, world.context)
      .catch(() => undefined);
    const claim = { node: 'a' as never, sharing: 'single', readonly: false } as const;
    if (made) await world.foreign.publishVolume(made.id, claim, world.context).catch(() => undefined);
  },
} as const satisfies Record<string, Act>;

/** What leads somewhere happens more often. */
const OFTEN: readonly (keyof typeof HAPPENINGS)[] = [
  'create',
  'attach',
  'attach',
  'publishAll',
  'tearOff',
  'tearOffAll',
  'timePasses',
  'cutDeletionForGood',
];
const KINDS = [...(Object.keys(HAPPENINGS) as (keyof typeof HAPPENINGS)[]), ...OFTEN, ...OFTEN];

export const happening = fc.record({
  kind: fc.constantFrom(...KINDS),
  pick: fc.nat({ max: 1000 }),
});

export async function happen(world: World, { kind, pick }: Happening): Promise<void> {
  await HAPPENINGS[kind](world, pick);
}
