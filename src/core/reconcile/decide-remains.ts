import type { Remains } from '../storage/remains.ts';
import type { ClusterView } from './cluster.ts';
import { claimantsOf } from './volume-claimants.ts';

/** Remains on an appliance that no PersistentVolume knows. */
export interface OrphanedRemains {
  readonly remains: Remains;
  /** Undefined where their deletion was asked for long enough ago: it is only ended. Else why they stay. */
  readonly keep: string | undefined;
}

/**
 * Which remains nobody knows, and which of those may go. Pure. A claim that waits is none of its reasons: whoever makes a
 * volume in that place first removes what is marked there.
 * @param view as it was after the appliance was read
 * @param graceMs how long ago the mark must have been written, by the appliance's clock
 */
export function decideRemains(
  found: readonly Remains[],
  view: ClusterView,
  driver: string,
  graceMs: number,
): OrphanedRemains[] {
  const { isKnown, unclear } = claimantsOf(view, driver);
  return found
    .filter(({ id }) => !isKnown(id))
    .map((remains) => ({
      remains,
      keep: unclear ?? reasonToKeep(remains, graceMs),
    }));
}

function reasonToKeep({ state, ageMs }: Remains, graceMs: number): string | undefined {
  if (state === 'volume')
    return 'it has lost its disk item, and may hold data: `rose-csi volumes recover` makes it a volume again';
  if (state === 'copy') return 'it is a copy that was cut; whoever makes or deletes that volume removes it';
  if (state === 'unknown') return 'nothing tells that its deletion was asked for';
  if (ageMs === undefined) return 'the appliance does not tell since when it is marked as deleted';
  if (ageMs < graceMs) return `it is marked as deleted, since ${Math.round(ageMs / 1000)} s only`;
  return undefined;
}

/** For people: from it can be told afterwards what it was. */
export const describeRemains = ({ id, path, name, bytes }: Remains): string =>
  `what is left of volume ${id} at ${path} (${[name, bytes === undefined ? 'no image' : `${bytes} bytes`]
    .filter((part) => part !== undefined)
    .join(', ')})`;
