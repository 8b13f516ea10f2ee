import type { CallContext } from '../call-context.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import type { VolumeId } from '../storage/volume-id.ts';
import type { Cluster } from './cluster.ts';
import { decideRemains, describeRemains, type OrphanedRemains } from './decide-remains.ts';
import type { Announcer } from './surroundings.ts';

export interface RemainsParts {
  readonly backend: StorageBackend;
  readonly cluster: Pick<Cluster, 'live'>;
  readonly driver: string;
  /** How long ago their mark must have been written, by the appliance's clock, ms. */
  readonly graceMs: number;
}

/** Whether remains may be removed; if not, why not, for people. */
export type RemainsVerdict =
  | { readonly remains: readonly [OrphanedRemains, ...OrphanedRemains[]] }
  | { readonly refused: string };

/** The appliance is read, then the cluster. @throws where either could not be: that is no absence */
export async function judgeRemains(
  id: VolumeId,
  { backend, cluster, driver, graceMs }: RemainsParts,
  context: CallContext,
): Promise<RemainsVerdict> {
  const [one, ...more] = (await backend.listRemains(context)).filter((found) => found.id === id);
  if (!one) return { refused: `volume ${id} does not exist, and nothing is left of it` };
  const { items: snapshots } = await backend.listSnapshots({ source: id }, { limit: 1 }, context);
  if (snapshots[0])
    return { refused: `what is left of volume ${id} is kept: snapshot ${snapshots[0].id} is of it` };
  const [first, ...others] = decideRemains(
    [one, ...more],
    await cluster.live(context.signal),
    driver,
    graceMs,
  );
  if (!first) return { refused: `what is left of volume ${id} is no orphan: a PersistentVolume knows it` };
  const kept = [first, ...others].find(({ keep }) => keep !== undefined);
  if (kept) return { refused: `${describeRemains(kept.remains)} is kept: ${kept.keep}` };
  return { remains: [first, ...others] };
}

/**
 * Judges, and ends a deletion that was begun: the appliance looks at the mark once more in the very write. Leaves a log
 * line with all that is known, before and after, and an event.
 * @param may asked right before the deletion
 * @throws BackendError, or where it could not look; then nothing was decided
 */
export async function removeRemains(
  id: VolumeId,
  parts: RemainsParts & { readonly announcer: Announcer },
  may: () => boolean,
  context: CallContext,
): Promise<RemainsVerdict> {
  const verdict = await judgeRemains(id, parts, context);
  if ('refused' in verdict) return verdict;
  if (!may()) return { refused: 'somebody else is in charge now' };
  const remains = verdict.remains.map((one) => one.remains);
  context.logger.warn({ remains }, 'ending a deletion that was begun and cut');
  await parts.backend.removeRemains(id, context);
  context.logger.warn({ remains }, 'removed what was left of a deleted volume');
  const message = `removed ${remains.map(describeRemains).join(' and ')}: its deletion had been begun and cut`;
  parts.announcer.announce({ kind: 'driver' }, { type: 'Warning', reason: 'OrphanDeleted', message });
  return verdict;
}
