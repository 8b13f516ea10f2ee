import { BackendError } from '../../core/storage/backend-error.ts';
import { type ClaimLimits, decideClaim, decideRelease, holdsFirst } from '../../core/storage/claims.ts';
import { connectionOf } from '../../core/storage/connection-options.ts';
import type { NqnNaming } from '../../core/storage/nqn.ts';
import type { UnpublishGuard } from '../../core/storage/storage-backend.ts';
import type { Export, PublishClaim, PublishRequest } from '../../core/storage/volume.ts';
import type { Epoch, NodeId, VolumeId } from '../../core/storage/volume-id.ts';
import type { ClusterRecords } from './cluster-records.ts';
import type { ImageStore } from './image-store.ts';
import type { MockCall } from './mock-call.ts';
import type { VolumeRecord } from './record.ts';
import { untilUndisturbed } from './record-table.ts';
import { requireVolume } from './volumes.ts';

/** Who uses which volume. A record that says `published` has its export, one that says nothing has none. */
export class Publications {
  constructor(
    private readonly records: ClusterRecords,
    private readonly images: ImageStore,
    private readonly naming: NqnNaming,
    private readonly limits: ClaimLimits,
    private readonly newEpoch: () => Epoch,
  ) {}

  publish(id: VolumeId, claim: PublishRequest, call: MockCall): Promise<Export> {
    return untilUndisturbed(async () => {
      const { record, revision } = requireVolume(this.records, id);
      const decision = decideClaim({ ...record, id }, claim, this.limits);
      const epoch = record.epoch ?? this.newEpoch();
      const next = decision === 'held' ? record : await this.claimed(id, record, claim, epoch);
      // Also for a claim that is held: its export is made again where it is gone.
      const before = () => this.images.startExport(id, record.slot, epoch);
      await this.records.commit({ slot: record.slot, expect: revision, next, before }, call);
      return this.exportOf(id, next, epoch, claim.node);
    });
  }

  unpublish(id: VolumeId, node: NodeId | 'all', guard: UnpublishGuard, call: MockCall): Promise<void> {
    return untilUndisturbed(async () => {
      const stored = this.records.volume(id);
      const publications = stored && decideRelease({ ...stored.record, id }, node, guard.ifEpoch);
      if (!stored || !publications) return;
      const { epoch, ...rest } = stored.record;
      const last = publications.length === 0;
      const next = { ...rest, publications, ...(!last && epoch && { epoch }) };
      const change = { slot: rest.slot, expect: stored.revision, next };
      // The export goes first: a record without a claim promises that nobody can attach any more.
      const before = () => this.images.stopExport(id);
      await this.records.commit(last ? { ...change, before } : change, call);
    });
  }

  private async claimed(
    id: VolumeId,
    record: VolumeRecord,
    { node, sharing, readonly }: PublishClaim,
    epoch: Epoch,
  ): Promise<VolumeRecord> {
    const conditions = await this.images.conditions(record.slot, record.capacityBytes);
    const loss = conditions.find(({ status }) => status === 'data-loss');
    if (loss) throw new BackendError('precondition', `volume ${id} cannot be published: ${loss.message}`);
    const publications = [...record.publications, { node, sharing, readonly }];
    return { ...record, publications, epoch, everPublished: true };
  }

  private exportOf(id: VolumeId, record: VolumeRecord, epoch: Epoch, node: NodeId): Export {
    const { capacityBytes, mayFormat } = record;
    return {
      nqn: this.naming.forExport(id, epoch),
      epoch,
      capacityBytes,
      mayFormat: mayFormat && holdsFirst(record.publications, node),
      ...connectionOf(record),
      transport: 'loop',
      folder: this.images.exportFolder,
    };
  }
}
