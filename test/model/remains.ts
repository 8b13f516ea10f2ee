import type { CallContext } from '../../src/core/call-context.ts';
import type { Clock } from '../../src/core/clock.ts';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import type { Remains, RemainsState } from '../../src/core/storage/remains.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import type { VolumeId } from '../../src/core/storage/volume-id.ts';

/** Between two sightings, and how long ago a mark must be. */
export const SWEEP_APART_MS = 180_000;

interface TrueRemains {
  readonly id: VolumeId;
  readonly state: RemainsState;
  readonly name: string;
  /** By the true clock, ms. */
  readonly since: number;
  /** By the appliance's clock, ms. */
  readonly markedAt: number;
}

interface Surroundings {
  readonly clock: Clock;
  readonly backend: StorageBackend;
  readonly context: CallContext;
  isKnown(volume: string): boolean;
}

/** What lies on the model's appliance beside its volumes: the mock in memory has no images. */
export class ModelRemains {
  private readonly all = new Map<VolumeId, TrueRemains>();
  /** Since when each was shown at every look, by the true clock, ms. */
  private shown = new Map<string, number>();
  /** What the appliance's clock is ahead of the true one. */
  private aheadMs = 0;

  constructor(private readonly world: Surroundings) {}

  get items(): readonly TrueRemains[] {
    return [...this.all.values()];
  }

  setClock(aheadMs: number): void {
    this.aheadMs = aheadMs;
  }

  leave(id: VolumeId, state: RemainsState, name: string): void {
    const since = this.world.clock.monotonic();
    this.all.set(id, { id, state, name, since, markedAt: since + this.aheadMs });
  }

  /** A create or a deletion of that name finishes what was begun. */
  finish(id: VolumeId): void {
    this.all.delete(id);
  }

  async list(): Promise<Remains[]> {
    await this.ask();
    const trueNow = this.world.clock.monotonic();
    this.shown = new Map(this.items.map((one) => [keyOf(one), this.shown.get(keyOf(one)) ?? trueNow]));
    const now = trueNow + this.aheadMs;
    return this.items.map(({ id, state, name, markedAt }) => ({
      id,
      state,
      path: `/pool/csi/ours/${name}.img`,
      ageMs: now - markedAt,
      ...(state === 'volume' && { name }),
    }));
  }

  async remove(id: VolumeId, taken: string[]): Promise<void> {
    await this.ask();
    const { world } = this;
    const found = this.all.get(id);
    if (await world.backend.getVolume(id, world.context))
      throw new BackendError('changed', 'a volume is there');
    if (!found) return;
    if (found.state !== 'deleted') throw new BackendError('changed', 'it is not marked');
    if (world.isKnown(id)) taken.push(`WRONG: removed what is left of ${id}, which the cluster knows`);
    const now = world.clock.monotonic();
    if (now - (this.shown.get(keyOf(found)) ?? now) < SWEEP_APART_MS)
      taken.push(`WRONG: removed what is left of ${id}, which was not seen twice`);
    if (now - found.since < SWEEP_APART_MS) taken.push(`WRONG: removed what is left of ${id} too soon`);
    this.all.delete(id);
    taken.push(`removed ${id}`);
  }

  private async ask(): Promise<void> {
    await this.world.backend.pools(this.world.context);
  }
}

const keyOf = ({ id, state }: TrueRemains): string => `${id} ${state}`;
