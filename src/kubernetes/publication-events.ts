import { detachedContext } from '../core/call-context.ts';
import { attachmentName } from '../core/reconcile/attachment-name.ts';
import type { Announcer, Note } from '../core/reconcile/surroundings.ts';
import type {
  FencingBackend,
  PublicationObserver,
} from '../core/services/controller/publication-observer.ts';
import { nodeIdFor } from '../core/storage/node-id.ts';
import type { NodeId, VolumeId } from '../core/storage/volume-id.ts';
import type { Caches } from './api-cluster.ts';
import { isOutOfService } from './node-triggers.ts';

/** For one look at the appliance, so that an event can be told. */
const LOOK_MS = 10_000;

export interface PublicationEventsOptions {
  readonly caches: Caches;
  readonly driver: string;
  readonly announcer: Announcer;
}

/** Tells of attachments that fail, and of nodes that lose a volume while they may still write to it. */
export class PublicationEvents implements PublicationObserver {
  constructor(private readonly options: PublicationEventsOptions) {}

  failed(volume: VolumeId, node: NodeId, reason: string): void {
    const message = `the volume could not be attached to ${node}: ${reason}`;
    this.tell(volume, node, { type: 'Warning', reason: 'AttachFailed', message });
  }

  async ended(volume: VolumeId, node: NodeId, backend: FencingBackend): Promise<void> {
    const why = this.whyLost(node);
    if (why === undefined || !backend.capabilities.fencing) return;
    // The epoch ends with the last claim: while others hold the volume, nobody is kept from it.
    const context = detachedContext(AbortSignal.timeout(LOOK_MS));
    const left = await backend.getVolume(volume, context).catch(() => undefined);
    if (left?.publications.length !== 0) return;
    const message = `the volume was taken from ${node}, which ${why}; the appliance refuses what it may still write`;
    this.tell(volume, node, { type: 'Normal', reason: 'Fenced', message });
  }

  /** By the caches: an event is a courtesy. Undefined: the node is well, or it is not known. */
  private whyLost(id: NodeId): string | undefined {
    const { nodes } = this.options.caches;
    if (!nodes.synced) return undefined;
    const name = this.nameOf(id);
    const node = nodes.values().find((one) => one.name === name);
    if (!node) return 'does not exist any more';
    if (isOutOfService(node)) return 'is out of service';
    return node.ready ? undefined : 'is not ready';
  }

  private nameOf(id: NodeId): string | undefined {
    const { caches, driver } = this.options;
    const registered = caches.registrations.values().find(({ ids }) => ids.get(driver) === id);
    return registered?.node ?? caches.nodes.values().find(({ name }) => nodeIdFor(name) === id)?.name;
  }

  private tell(volume: VolumeId, node: NodeId, note: Note): void {
    const { announcer, caches, driver } = this.options;
    announcer.announce({ kind: 'volume', handle: volume }, note);
    const name = attachmentName(volume, driver, this.nameOf(node) ?? node);
    const attachment = caches.attachments.values().find((one) => one.name === name);
    if (attachment) announcer.announce({ kind: 'attachment', attachment }, note);
  }
}
