import type { VolumeId } from './volume-id.ts';

/**
 * What lies among our cluster's volumes without being one: an image, or what else is kept for one, that no volume uses.
 * Snapshots and imported images are none.
 */
export interface Remains {
  /** Of the volume that it was, or was to be. */
  readonly id: VolumeId;
  /** Where it lies, for people. */
  readonly path: string;
  readonly state: RemainsState;
  /** The CSI name, where a record tells it. */
  readonly name?: string;
  /** Of the image; undefined: there is none, or its size is not told. */
  readonly bytes?: bigint;
  /** ms since its record or mark was written, by the appliance's clock; undefined: not told. */
  readonly ageMs?: number;
}

/**
 * - `deleted`: its deletion was asked for and begun, and was cut before its end
 * - `volume`: the volume's own record stands beside it: perhaps all that is left of somebody's data
 * - `copy`: of another volume, that was cut before it became one
 * - `unknown`: nothing tells, or not in our words
 */
export type RemainsState = 'deleted' | 'volume' | 'copy' | 'unknown';
