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
    const { cluster, driver, clock, reports } = this.options;
    if (!cluster.synced()) throw new Error('the caches are not synced');
    const suspects = staleAttachments(cluster.cached(), driver);
    const confirmed = this.sightings.see(
      suspects.map(({ uid }) => uid),
      clock.monotonic(),
    );
    for (const attachment of suspects.filter(({ uid }) => confirmed.has(uid))) {
      if (!mandate.valid()) return;
      reports.acted('delete-attachment', await this.delete(attachment, mandate, context));
    }
  }

  private async delete(attachment: Attachment, mandate: Mandate, context: CallContext): Promise<Outcome> {
    const { cluster, announcer } = this.options;
    const { name, node } = attachment;
    if (await cluster.nodeExists(node, context.signal)) return 'overtaken';
    const claim = claimOf(attachment, await cluster.live(context.signal));
    // Not known who would use it: then somebody may.
    if (claim === undefined) return 'overtaken';
    if ((await cluster.claimsInUse(node, context.signal)).has(claim)) return 'overtaken';
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
