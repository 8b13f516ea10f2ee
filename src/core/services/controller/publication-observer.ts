import type { StorageBackend } from '../../storage/storage-backend.ts';
import type { NodeId, VolumeId } from '../../storage/volume-id.ts';

/** What has to be asked of the volume's appliance to tell whether a node was fenced. */
export type FencingBackend = Pick<StorageBackend, 'capabilities' | 'getVolume'>;

/** Is told how publications fare, so that people are. Never throws: it has no say. */
export interface PublicationObserver {
  /** @param reason for people, without secrets */
  failed(volume: VolumeId, node: NodeId, reason: string): void;
  /** The claim of a node was removed, or was none. What it still has to ask for, the caller does not wait for. */
  ended(volume: VolumeId, node: NodeId, backend: FencingBackend): void;
}
