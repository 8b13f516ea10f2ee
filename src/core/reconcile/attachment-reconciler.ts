import type { CallContext } from '../call-context.ts';
import type { Clock } from '../clock.ts';
import { BackendError } from '../storage/backend-error.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import type { Volume } from '../storage/volume.ts';
import { allVolumes } from './all-volumes.ts';
import type { Cluster, ClusterView } from './cluster.ts';
import {
  type AttachmentFindings,
  decideAttachments,
  keyOfUnwanted,
  type Unexported,
  type Unwanted,
} from './decide-attachments.ts';
import { Sightings } from './sightings.ts';
import type { Announcer, Mandate, Outcome, Reports, VolumeLocks } from './surroundings.ts';

export interface AttachmentReconcilerOptions {
  readonly backend: StorageBackend;
  readonly cluster: Cluster;
  readonly driver: string;
  readonly locks: VolumeLocks;
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly reports: Reports;
  /** How far apart two sightings have to be before a publication is cleared, ms. */
  readonly apartMs: number;
}

/** Cleared together, after one live list: many lists would be a storm, one for all would be stale for the last. */
const BATCH = 20;

/**
 * Keeps the appliance's records in step with the cluster's attachments: what nobody stands behind any more is cleared,
 * what should be exported and is not is exported again.
 */
export class AttachmentReconciler {
  private readonly sightings: Sightings;

  constructor(private readonly options: AttachmentReconcilerOptions) {
    this.sightings = new Sightings(options.apartMs);
  }

  /** When a finding can be confirmed, monotonic ms. */
  dueAt(): number | undefined {
    return this.sightings.dueAt();
  }

  forget(): void {
    this.sightings.forget();
  }

  /** One round. @throws where it could not look; then it has decided nothing */
  async round(mandate: Mandate, context: CallContext): Promise<void> {
    const { backend, cluster, clock, reports } = this.options;
    const volumes = (await allVolumes(backend, context)).filter(
      ({ publications }) => publications.length > 0,
    );
    const findings = await this.findings(volumes, context.signal);
    const confirmed = this.sightings.see(findings.unwanted.map(keyOfUnwanted), clock.monotonic());
    reports.counts(backend.name, {
      wanted: findings.wanted,
      unclear: findings.unclear,
      unwanted: findings.unwanted.length,
    });
    for (const one of findings.unexported) {
      reports.acted('export', await this.export(one, mandate, context));
    }
    const due = findings.unwanted.filter((one) => confirmed.has(keyOfUnwanted(one)));
    for (let at = 0; at < due.length && mandate.valid(); at += BATCH) {
      await this.clear(due.slice(at, at + BATCH), mandate, context, cluster);
    }
  }

  /** Where the caches explain everything, the API server is not asked. */
  private async findings(volumes: readonly Volume[], signal: AbortSignal): Promise<AttachmentFindings> {
    const { cluster, driver } = this.options;
    if (cluster.synced()) {
      const hint = decideAttachments(volumes, cluster.cached(), driver);
      if (hint.unwanted.length === 0 && hint.unclear === 0 && hint.unexported.length === 0) return hint;
    }
    if (volumes.length === 0) return decideAttachments([], EMPTY, driver);
    return decideAttachments(volumes, await cluster.live(signal), driver);
  }

  private async export(
    { volume, claim, epoch }: Unexported,
    mandate: Mandate,
    context: CallContext,
  ): Promise<Outcome> {
    const { backend, announcer } = this.options;
    return this.holding(volume, mandate, context, async () => {
      const now = await backend.getVolume(volume, context);
      const held = now?.publications.some(({ node }) => node === claim.node);
      if (!held || !mandate.valid()) return 'overtaken';
      await backend.publishVolume(volume, { ...claim, onlyHeldIn: epoch }, context);
      context.logger.info({ volume, node: claim.node }, 'exported again');
      announcer.announce(
        { kind: 'volume', handle: volume },
        {
          type: 'Normal',
          reason: 'ExportedAgain',
          message: `the appliance did not export the volume any more; it is exported to ${claim.node} again`,
        },
      );
      return 'done';
    });
  }

  /** The appliance is read again, then the cluster, both with the volumes' locks in hand; then what still holds is done. */
  private async clear(
    batch: readonly Unwanted[],
    mandate: Mandate,
    context: CallContext,
    cluster: Cluster,
  ): Promise<void> {
    const { backend, driver, locks, reports } = this.options;
    const releases: (() => void)[] = [];
    try {
      const held: Unwanted[] = [];
      for (const one of batch) {
        const release = locks.hold(one.volume);
        if (release) {
          releases.push(release);
          held.push(one);
        } else reports.acted('clear', 'busy');
      }
      const read = await Promise.all(held.map(({ volume }) => backend.getVolume(volume, context)));
      const volumes = read.filter((volume) => volume !== undefined);
      const view = await cluster.live(context.signal);
      const still = new Set(decideAttachments(volumes, view, driver).unwanted.map(keyOfUnwanted));
      for (const one of held) {
        const outcome = still.has(keyOfUnwanted(one))
          ? await this.clearOne(one, mandate, context)
          : 'overtaken';
        reports.acted('clear', outcome);
      }
    } finally {
      for (const release of releases) release();
    }
  }

  private async clearOne(
    { volume, node, epoch }: Unwanted,
    mandate: Mandate,
    context: CallContext,
  ): Promise<Outcome> {
    const { backend, announcer } = this.options;
    if (!mandate.valid()) return 'overtaken';
    try {
      await backend.unpublishVolume(volume, node, { ifEpoch: epoch }, context);
    } catch (error) {
      return failed(error, { volume, node, epoch }, context, 'a publication was not cleared');
    }
    context.logger.info({ volume, node, epoch }, 'cleared a publication that no attachment stands behind');
    announcer.announce(
      { kind: 'volume', handle: volume },
      {
        type: 'Normal',
        reason: 'StalePublicationCleared',
        message: `the volume was still published to ${node}, which has no VolumeAttachment for it any more`,
      },
    );
    return 'done';
  }

  private async holding(
    volume: Unwanted['volume'],
    mandate: Mandate,
    context: CallContext,
    work: () => Promise<Outcome>,
  ): Promise<Outcome> {
    if (!mandate.valid()) return 'overtaken';
    const release = this.options.locks.hold(volume);
    if (!release) return 'busy';
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      return failed(error, { volume }, context, 'a publication was not exported again');
    } finally {
      release();
    }
  }
}

const EMPTY: ClusterView = { attachments: [], persistentVolumes: [], registrations: [], nodes: new Set() };

function failed(error: unknown, fields: object, { logger }: CallContext, message: string): Outcome {
  logger.warn({ ...fields, cause: error }, message);
  return error instanceof BackendError && error.kind === 'changed' ? 'overtaken' : 'failed';
}
