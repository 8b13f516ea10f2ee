import { MockBackend } from '../../src/backends/mock/mock-backend.ts';
import type { RecordStore } from '../../src/backends/mock/record-table.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { attachmentName } from '../../src/core/reconcile/attachment-name.ts';
import type { Attachment, ObjectRef, PersistentVolume } from '../../src/core/reconcile/cluster.ts';
import { nodeIdFor } from '../../src/core/storage/node-id.ts';
import { type NodeId, slotFor, type VolumeId, volumeId } from '../../src/core/storage/volume-id.ts';
import { APPLIANCE, memoryStores, mockOptions } from '../contract/mock-fixtures.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ModelRemains } from './remains.ts';

export const DRIVER = 'rose-csi.io';

/** An attachment with what only the model knows: which volume and which node it really is for. */
export interface TrueAttachment extends Attachment {
  readonly volume: VolumeId;
  readonly at: NodeId;
}

export interface ModelNode {
  readonly name: string;
  /** What its plugin has told kubelet. */
  readonly id: NodeId;
}

/** A cluster, and the appliance that it shares with another one: the truth that the reconcilers only see parts of. */
export class World {
  readonly clock = new ManualClock();
  readonly attachments = new Map<string, TrueAttachment>();
  readonly persistentVolumes = new Map<string, PersistentVolume>();
  /** Claims that wait for the volume of that id. */
  readonly pendingClaims = new Map<VolumeId, ObjectRef>();
  readonly nodes = new Map<string, ModelNode>();
  readonly context = detachedContext(new AbortController().signal);
  /** Volumes that an RPC or a reconciler works on. */
  readonly locked = new Set<string>();
  apiUp = true;
  private serial = 0;

  readonly remains: ModelRemains;

  private constructor(
    readonly backend: MockBackend,
    /** Of the other cluster, on the same appliance. */
    readonly foreign: MockBackend,
  ) {
    this.remains = new ModelRemains(this);
  }

  static async create(): Promise<World> {
    const stores = await memoryStores()();
    const open = (clusterId: string) =>
      new MockBackend(
        mockOptions(stores as { records: RecordStore; images: typeof stores.images }, {
          clusterId,
          pools: [{ name: 'fast', capacityBytes: 1n << 40n }],
        }),
      );
    const world = new World(open('ours'), open('theirs'));
    for (const name of ['a', 'b', 'c']) world.addNode(name);
    return world;
  }

  addNode(name: string): void {
    // One node's plugin has a name of its own.
    this.nodes.set(name, { name, id: (name === 'c' ? 'plugin-of-c' : nodeIdFor(name)) as NodeId });
  }

  next(): number {
    this.serial += 1;
    return this.serial;
  }

  /** Whether a node has a volume: its publication was answered, for an attachment that is still there. */
  isLive(volume: string, node: string): boolean {
    return [...this.attachments.values()].some((one) => one.attached && isFor(one, volume, node));
  }

  /** Whether a node has a volume, or is about to. */
  isWanted(volume: string, node: string): boolean {
    return [...this.attachments.values()].some((one) => isFor(one, volume, node));
  }

  hasClaimant(volume: string): boolean {
    return this.pendingClaims.has(volume as VolumeId) || this.isKnown(volume);
  }

  /** Whether an object is for it; a claim that waits for it is none, as it has nothing yet. */
  isKnown(volume: string): boolean {
    return (
      [...this.persistentVolumes.values()].some(({ handle }) => handle === volume) ||
      [...this.attachments.values()].some((one) => one.volume === volume)
    );
  }

  /** Its PersistentVolumes are deleted. */
  forget(volume: string): void {
    for (const { name, handle } of [...this.persistentVolumes.values()])
      if (handle === volume) this.persistentVolumes.delete(name);
  }

  idOf(name: string): VolumeId {
    return volumeId(APPLIANCE, slotFor('ours', name));
  }

  attach(
    volume: VolumeId,
    node: ModelNode,
    persistentVolume: string,
    driver = DRIVER,
    name = attachmentName(volume, driver, node.name),
  ): void {
    if (this.attachments.has(name)) return;
    this.attachments.set(name, {
      name,
      uid: `uid-${this.next()}`,
      driver,
      node: node.name,
      persistentVolume,
      attached: false,
      deleting: false,
      volume,
      at: node.id,
    });
  }

  /** ControllerPublishVolume for an attachment, as the attacher calls it: only while the object is there. */
  async publish(attachment: TrueAttachment): Promise<void> {
    const { volume, at: node, name } = attachment;
    await this.rpc(volume, async () => {
      await this.backend.publishVolume(volume, { node, sharing: 'single', readonly: false }, this.context);
      const now = this.attachments.get(name);
      // The attacher notes the node's id on the object.
      if (now) this.attachments.set(name, { ...now, attached: true, nodeId: node });
    });
  }

  async unpublish({ volume, at, name }: TrueAttachment): Promise<void> {
    await this.rpc(volume, async () => {
      await this.backend.unpublishVolume(volume, at, {}, this.context);
      this.attachments.delete(name);
    });
  }

  /** An RPC of this process: refused while the volume is locked, and it may fail. */
  async rpc(volume: string, work: () => Promise<void>): Promise<void> {
    if (this.locked.has(volume)) return;
    this.locked.add(volume);
    try {
      await work();
    } catch {
      // The orchestrator tries again, or not.
    } finally {
      this.locked.delete(volume);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.backend.close(), this.foreign.close()]);
  }
}

const isFor = (one: TrueAttachment, volume: string, node: string): boolean =>
  one.volume === volume && one.at === node;
