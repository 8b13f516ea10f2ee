import type { CallContext } from '../call-context.ts';
import type { VolumeId } from '../storage/volume-id.ts';
import { decideRemains, describeRemains, type OrphanedRemains } from './decide-remains.ts';
import { heldFor } from './held-for.ts';
import type { OrphanSweeperOptions } from './orphan-sweeper.ts';
import { removeRemains } from './remove-remains.ts';
import { Sightings } from './sightings.ts';
import type { Mandate } from './surroundings.ts';

/** Finds what lies among the volumes and is none, and ends the deletions that were begun, if it is told to. */
export class RemainsSweeper {
  private readonly sightings: Sightings;
  private told = new Set<string>();

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
    const { backend, clock, mode, reports } = this.options;
    const orphans = await this.look(context);
    const confirmed = this.sightings.see(
      // With their state: what was marked meanwhile was seen as such only now.
      orphans.map(({ remains }) => keyOf(remains)),
      clock.monotonic(),
    );
    const due = orphans.filter(({ remains }) => confirmed.has(keyOf(remains)));
    reports.counts(backend.name, { remains: due.length });
    this.tell(due, context);
    if (mode === 'report') return;
    for (const { remains, keep } of due) {
      if (keep !== undefined || !mandate.valid()) continue;
      reports.acted('remove-remains', await this.remove(remains.id, mandate, context));
    }
  }

  private async look(context: CallContext): Promise<OrphanedRemains[]> {
    const { apartMs, backend, cluster, driver } = this.options;
    const found = await backend.listRemains(context);
    if (found.length === 0) return [];
    return decideRemains(found, await cluster.live(context.signal), driver, apartMs);
  }

  /** Once each. */
  private tell(orphans: readonly OrphanedRemains[], { logger }: CallContext): void {
    for (const { remains, keep } of orphans) {
      if (this.told.has(keyOf(remains))) continue;
      logger.warn({ remains, keep }, 'remains: no volume uses them, and no PersistentVolume knows them');
      this.options.announcer.announce(
        { kind: 'driver' },
        {
          type: 'Warning',
          reason: 'OrphanFound',
          message: `no PersistentVolume knows ${describeRemains(remains)}${keep ? `; it is kept: ${keep}` : ''}`,
        },
      );
    }
    this.told = new Set(orphans.map(({ remains }) => keyOf(remains)));
  }

  private remove(id: VolumeId, mandate: Mandate, context: CallContext) {
    const { apartMs, locks } = this.options;
    return heldFor(locks, id, context, () =>
      removeRemains(id, { ...this.options, graceMs: apartMs }, () => mandate.valid(), context),
    );
  }
}

const keyOf = ({ id, path, state }: OrphanedRemains['remains']): string => `${id} ${path} ${state}`;
