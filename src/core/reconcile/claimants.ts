import { nodeIdFor } from '../storage/node-id.ts';
import { attachmentName } from './attachment-name.ts';
import type { Attachment, ClusterView, PublishedTo } from './cluster.ts';

/**
 * Whether an attachment stands behind a publication. `perhaps` where what would say so is not known: the volume of an
 * attachment whose PersistentVolume is gone, the id of a node that has no registration.
 */
export type Standing = 'yes' | 'perhaps' | 'no';

/** Which attachments stand behind which publications, in one view of the cluster. */
export class Claimants {
  private readonly byHandle = new Map<string, Attachment[]>();
  private readonly byName: ReadonlyMap<string, Attachment>;
  /** Of our driver, of an unknown volume. */
  private readonly unresolved: Attachment[] = [];
  private readonly places: ReadonlyMap<string, Pick<Attachment, 'driver' | 'node'>>;
  private readonly nodeIds: ReadonlyMap<string, ReadonlyMap<string, string>>;

  /** @param driver our own: an attachment of another one that cannot be resolved is not ours */
  constructor({ attachments, persistentVolumes, registrations }: ClusterView, driver: string) {
    const handles = new Map(persistentVolumes.map(({ name, handle }) => [name, handle]));
    for (const attachment of attachments) {
      const handle = attachment.handle ?? handles.get(attachment.persistentVolume ?? '');
      if (handle !== undefined) this.add(handle, attachment);
      else if (attachment.driver === driver) this.unresolved.push(attachment);
    }
    this.byName = new Map(attachments.map((attachment) => [attachment.name, attachment]));
    this.places = new Map(attachments.map((one) => [`${one.driver} ${one.node}`, one]));
    this.nodeIds = new Map(registrations.map(({ node, ids }) => [node, ids]));
  }

  /** The strongest standing that any attachment has. */
  standing({ volume, node }: PublishedTo): Standing {
    const certain = this.ofVolume(volume).map((attachment) => this.isNode(attachment, node));
    if (certain.includes('yes')) return 'yes';
    const doubtful = this.unresolved.some((attachment) => this.isNode(attachment, node) !== 'no');
    return doubtful || certain.includes('perhaps') ? 'perhaps' : 'no';
  }

  /** Whether an attachment is meant for this publication and is not on its way out. */
  wants({ volume, node }: PublishedTo): boolean {
    return this.ofVolume(volume).some(
      (attachment) => !attachment.deleting && this.isNode(attachment, node) === 'yes',
    );
  }

  private add(handle: string, attachment: Attachment): void {
    const known = this.byHandle.get(handle);
    if (known) known.push(attachment);
    else this.byHandle.set(handle, [attachment]);
  }

  /** By what the PersistentVolume says, and by the object's name, which says it even without one. */
  private ofVolume(volume: string): Attachment[] {
    const named = [...this.places.values()].flatMap(
      ({ driver, node }) => this.byName.get(attachmentName(volume, driver, node)) ?? [],
    );
    return [...(this.byHandle.get(volume) ?? []), ...named];
  }

  /** A node plugin may have been given another name since: what the attacher noted then counts as well. */
  private isNode({ node, driver, nodeId }: Attachment, id: string): Standing {
    const registered = this.nodeIds.get(node)?.get(driver);
    if (nodeId === id || registered === id || nodeIdFor(node) === id) return 'yes';
    return nodeId === undefined && registered === undefined ? 'perhaps' : 'no';
  }
}
