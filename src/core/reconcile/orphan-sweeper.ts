import type { CallContext } from '../call-context.ts';
import type { Clock } from '../clock.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import type { VolumeId } from '../storage/volume-id.ts';
import { allVolumes } from './all-volumes.ts';
import type { Cluster } from './cluster.ts';
import { describeOrphan, type Orphan } from './decide-orphans.ts';
import { deleteOrphan } from './delete-orphan.ts';
import { heldFor } from './held-for.ts';
import { lookForOrphans } from './look-for-orphans.ts';
import { Sightings } from './sightings.ts';
import type { Announcer, Mandate, Reports, VolumeLocks } from './surroundings.ts';

export interface OrphanSweeperOptions {
  readonly backend: StorageBackend;
  readonly cluster: Cluster;
  readonly driver: string;
  readonly locks: VolumeLocks;
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly reports: Reports;
  /** How far apart two sightings have to be, ms. */
  readonly apartMs: number;
  /** `report`: a dry run. */
  readonly mode: 'report' | 'delete';
}

/** Finds volumes that no PersistentVolume knows, and deletes those that nobody can miss, if it is told to. */
export class OrphanSweeper {
  private readonly sightings: Sightings;
  private told = new Set<VolumeId>();

  constructor(private readonly options: OrphanSweeperOptions) {
    this.sightings = new Sightings(options.apartMs);
  }

  dueAt(): number | undefined {
    return this.sightings.dueAt();
  }

  forget(): void {
    this.sightings.forget();
  }

  /** One round. @throws where it could not look; then it has decided nothing */
  async round(mandate: Mandate, context: CallContext): Promise<void> {
    const { backend, clock, cluster, driver, mode, reports } = this.options;
    const volumes = await allVolumes(backend, context);
    const orphans = await lookForOrphans(volumes, cluster, driver, context.signal);
    const confirmed = this.sightings.see(
      orphans.map(({ volume }) => volume.id),
      clock.monotonic(),
    );
    const due = orphans.filter(({ volume }) => confirmed.has(volume.id));
    reports.counts(backend.name, { orphans: due.length });
    this.tell(due, context);
    if (mode === 'report') return;
    for (const { volume, keep } of due) {
      if (keep !== undefined || !mandate.valid()) continue;
      reports.acted('delete-orphan', await this.delete(volume.id, mandate, context));
    }
  }

  /** Once each: everything about it, so that it can be told later what it was. */
  private tell(orphans: readonly Orphan[], { logger }: CallContext): void {
    for (const { volume, keep } of orphans) {
      if (this.told.has(volume.id)) continue;
      logger.warn({ orphan: volume, keep }, 'an orphan: no PersistentVolume knows this volume');
      this.options.announcer.announce(
        { kind: 'driver' },
        {
          type: 'Warning',
          reason: 'OrphanFound',
          message: `no PersistentVolume knows ${describeOrphan(volume)}${keep ? `; it is kept: ${keep}` : ''}`,
        },
      );
    }
    this.told = new Set(orphans.map(({ volume }) => volume.id));
  }

  /** The appliance is read again, then the cluster, with the volume's lock in hand. */
  private delete(id: VolumeId, mandate: Mandate, context: CallContext) {
    return heldFor(this.options.locks, id, context, () =>
      deleteOrphan(id, this.options, () => mandate.valid(), context),
    );
  }
}
