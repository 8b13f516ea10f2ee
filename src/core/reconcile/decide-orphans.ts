import type { Volume } from '../storage/volume.ts';
import type { ClusterView, ObjectRef } from './cluster.ts';
import { claimantsOf } from './volume-claimants.ts';

/** A volume of our cluster that no PersistentVolume knows. */
export interface Orphan {
  readonly volume: Volume;
  /**
   * Undefined where nobody can miss it: it was created, and no node ever had it. Else why only a person can delete it:
   * a PersistentVolume with `Retain` that was deleted on purpose leaves a volume that looks the same.
   */
  readonly keep: string | undefined;
}

/**
 * Finds volumes that were left behind. Pure.
 * @param volumes of our cluster alone, as the appliance was read before the view was
 * @param pending claims without a volume, read before the view: the provisioner names a volume by its claim's UID
 * @param view with the PersistentVolumes of every driver: a handle is a handle
 */
export function decideOrphans(
  volumes: readonly Volume[],
  view: ClusterView,
  driver: string,
  pending: readonly ObjectRef[],
): Orphan[] {
  const { isKnown, unclear } = claimantsOf(view, driver);
  return volumes
    .filter(({ id, publications }) => publications.length === 0 && !isKnown(id))
    .filter(
      ({ name }) =>
        pending.length === 0 || (HOLDS_UID.test(name) && !pending.some(({ uid }) => name.includes(uid))),
    )
    .map((volume) => ({
      volume,
      keep: unclear ?? reasonToKeep(volume),
    }));
}

/**
 * By its claim's UID, as the provisioner names it by default. Records cut longer names, and it may be told to name
 * otherwise: whose such a volume is cannot be told, and it waits until no claim does.
 */
const HOLDS_UID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

function reasonToKeep(volume: Volume): string | undefined {
  if (volume.imported) return 'it was imported: it was there before this driver';
  if (volume.everPublished !== false) return 'a node had it, so it may hold data';
  if (!volume.mayFormat && !volume.contentSource) return 'it was not created empty, nor from a known source';
  if (volume.conditions.length > 0) return `its state is unclear: ${volume.conditions[0]?.reason}`;
  return undefined;
}

/** For people: from it can be told afterwards what it was. */
export const describeOrphan = ({ id, name, capacityBytes, pool }: Volume): string =>
  `volume ${id} (${name}, ${capacityBytes} bytes in pool ${pool})`;
