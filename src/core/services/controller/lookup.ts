import { BackendError } from '../../storage/backend-error.ts';
import { parseHandle, type SnapshotId, type VolumeId } from '../../storage/volume-id.ts';

/**
 * A caller's volume id as one of the port's.
 * @returns undefined where the text has not the form of our ids, so that no volume of ours can have it
 */
export function asVolumeId(text: string): VolumeId | undefined {
  return parseHandle(text) ? (text as VolumeId) : undefined;
}

/** @throws BackendError `not-found` where the text has not the form of our ids */
export function requireVolumeId(text: string): VolumeId {
  const id = asVolumeId(text);
  if (!id) throw noSuchVolume(text);
  return id;
}

export const noSuchVolume = (id: string): BackendError =>
  new BackendError(
    'not-found',
    `volume ${JSON.stringify(id)} does not exist; if it was deleted by hand, delete its PersistentVolume too`,
  );

/** A caller's snapshot id as one of the port's; undefined as with {@link asVolumeId}. */
export function asSnapshotId(text: string): SnapshotId | undefined {
  return parseHandle(text) ? (text as SnapshotId) : undefined;
}

export const noSuchSnapshot = (id: string): BackendError =>
  new BackendError('not-found', `snapshot ${JSON.stringify(id)} does not exist`);
