import type { CallContext } from '../call-context.ts';
import type { VolumeId } from '../storage/volume-id.ts';
import { decideRemains, describeRemains, type OrphanedRemains } from './decide-remains.ts';
import { heldFor } from './held-for.ts';
import type { OrphanSweeperOptions } from './orphan-sweeper.ts';
import { removeRemains } from './remove-remains.ts';
import { Sightings } from './sightings.ts';
import type { Mandate } from './surroundings.ts';

/** By so much an age may be off what it was before and the time since: the appliance tells whole seconds, and late. */
const SAME_MARK_MS = 30_000;

/** Finds what lies among the volumes and is none, and ends the deletions that were begun, if it is told to. */
export class RemainsSweeper {
  private readonly sightings: Sightings;
  private told = new Set<string>();
  /** When each was marked, by our monotonic clock, ms. */
  private marks = new Map<string, number>();

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
    const seen = this.identified(orphans, clock.monotonic());
    const confirmed = this.sightings.see(seen.keys(), clock.monotonic());
    const due = [...seen].filter(([key]) => confirmed.has(key)).map(([, orphan]) => orphan);
    reports.counts(backend.name, { remains: due.length });
    this.tell(due, context);
    if (mode === 'report') return;
    for (const { remains, keep } of due) {
      if (keep !== undefined || !mandate.valid()) continue;
      reports.acted('remove-remains', await this.remove(remains.id, mandate, context));
    }
  }

  /**
   * By what they are and when they were marked. A volume that was made and deleted once more between two looks was not seen
   * twice; nor is anything, for as long, where the appliance's clock was set.
   */
  private identified(orphans: readonly OrphanedRemains[], now: number): Map<string, OrphanedRemains> {
    const known = this.marks;
    this.marks = new Map();
    return new Map(
      orphans.map((orphan) => {
        const key = keyOf(orphan.remains);
        const marked = now - (orphan.remains.ageMs ?? now);
        const before = known.get(key);
        const same = before !== undefined && Math.abs(marked - before) <= SAME_MARK_MS;
        this.marks.set(key, same ? before : marked);
        return [`${key} ${this.marks.get(key)}`, orphan];
      }),
    );
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
