import type { Attachment, Cluster, ClusterView, ObjectRef } from '../../src/core/reconcile/cluster.ts';
import { DRIVER, type World } from './world.ts';

/** What the reconcilers see of the world: through a cache that may be old, and an API that may fail. */
export class ModelCluster implements Cluster {
  private cache: ClusterView;
  isSynced = true;
  /** Happens in the middle of the next questions. */
  readonly interruptions: (() => Promise<void>)[] = [];
  /** Questions that were asked. */
  asked = 0;

  constructor(private readonly world: World) {
    this.cache = this.look();
  }

  refresh(): void {
    this.cache = this.look();
    this.isSynced = true;
  }

  synced(): boolean {
    return this.isSynced;
  }

  cached(): ClusterView {
    return this.cache;
  }

  async live(): Promise<ClusterView> {
    await this.ask();
    const { attachments } = this.look();
    await this.ask();
    return { ...this.look(), attachments };
  }

  async pendingClaims(): Promise<readonly ObjectRef[]> {
    await this.ask();
    return [...this.world.pendingClaims.values()];
  }

  async nodeExists(node: string): Promise<boolean> {
    await this.ask();
    return this.world.nodes.has(node);
  }

  async claimsInUse(): Promise<ReadonlySet<string>> {
    await this.ask();
    return new Set();
  }

  async deleteAttachment({ name }: Attachment): Promise<void> {
    await this.ask();
    const found = this.world.attachments.get(name);
    if (found) this.world.attachments.set(name, { ...found, deleting: true });
  }

  private async ask(): Promise<void> {
    this.asked += 1;
    await this.interruptions.shift()?.();
    if (!this.world.apiUp) throw new Error('the API server is away');
  }

  private look(): ClusterView {
    const { attachments, persistentVolumes, nodes } = this.world;
    return {
      attachments: [...attachments.values()].map(({ volume: _, at: __, ...seen }) => seen),
      persistentVolumes: [...persistentVolumes.values()],
      registrations: [...nodes.values()].map(({ name, id }) => ({
        node: name,
        ids: new Map([DRIVER, 'twin.io'].map((driver) => [driver, id])),
      })),
      nodes: new Set(nodes.keys()),
    };
  }
}
