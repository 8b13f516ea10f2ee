import type { CallContext } from '../call-context.ts';
import type { Clock } from '../clock.ts';
import type { Attachment, Cluster } from './cluster.ts';
import { claimOf, staleAttachments } from './decide-stale-attachments.ts';
import { Sightings } from './sightings.ts';
import type { Announcer, Mandate, Outcome, Reports } from './surroundings.ts';

export interface StaleAttachmentOptions {
  readonly cluster: Cluster;
  readonly driver: string;
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly reports: Reports;
  /** How long a node must have been gone, ms. */
  readonly goneMs: number;
}

const BATCH = 20;

/** Deletes the VolumeAttachments of nodes that no longer exist: Kubernetes' own work, so only where it is asked for. */
export class StaleAttachmentReconciler {
  private readonly sightings: Sightings;

  constructor(private readonly options: StaleAttachmentOptions) {
    this.sightings = new Sightings(options.goneMs);
  }

  dueAt(): number | undefined {
    return this.sightings.dueAt();
  }

  forget(): void {
    this.sightings.forget();
  }

  /** One round. @throws where it could not look; then it has decided nothing */
  async round(mandate: Mandate, context: CallContext): Promise<void> {
    const { cluster, driver, clock } = this.options;
    if (!cluster.synced()) throw new Error('the caches are not synced');
    const suspects = staleAttachments(cluster.cached(), driver);
    const confirmed = this.sightings.see(
      suspects.map(({ uid }) => uid),
      clock.monotonic(),
    );
    const due = suspects.filter(({ uid }) => confirmed.has(uid));
    for (const [node, attachments] of Map.groupBy(due, ({ node }) => node)) {
      for (let at = 0; at < attachments.length && mandate.valid(); at += BATCH) {
        await this.batch(node, attachments.slice(at, at + BATCH), mandate, context);
      }
    }
  }

  /** One look at the cluster for all of them: for each it would be a storm, once for ever it would be stale. */
  private async batch(
    node: string,
    batch: readonly Attachment[],
    mandate: Mandate,
    context: CallContext,
  ): Promise<void> {
    const { cluster, reports } = this.options;
    const view = await cluster.live(context.signal);
    const inUse = await cluster.claimsInUse(node, context.signal);
    const still = new Set(view.attachments.filter(({ deleting }) => !deleting).map(({ uid }) => uid));
    for (const attachment of batch) {
      const claim = claimOf(attachment, view);
      // Not known who would use it: then somebody may.
      const free = still.has(attachment.uid) && claim !== undefined && !inUse.has(claim);
      reports.acted(
        'delete-attachment',
        free ? await this.delete(attachment, claim, mandate, context) : 'overtaken',
      );
    }
  }

  private async delete(
    attachment: Attachment,
    claim: string,
    mandate: Mandate,
    context: CallContext,
  ): Promise<Outcome> {
    const { cluster, announcer } = this.options;
    const { name, node } = attachment;
    if (await cluster.nodeExists(node, context.signal)) return 'overtaken';
    if (!mandate.valid()) return 'overtaken';
    await cluster.deleteAttachment(attachment, context.signal);
    context.logger.info({ attachment: name, node, claim }, 'deleted the attachment of a node that is gone');
    announcer.announce(
      { kind: 'attachment', attachment },
      {
        type: 'Normal',
        reason: 'StaleAttachmentDeleted',
        message: `node ${node} no longer exists, and no pod there uses ${claim}`,
      },
    );
    return 'done';
  }
}
