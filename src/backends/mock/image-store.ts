import type { Provisioning, VolumeCondition } from '../../core/storage/volume.ts';
import type { Epoch, VolumeId } from '../../core/storage/volume-id.ts';

/** Where a new image's content comes from. */
export interface ImageOrigin {
  readonly kind: 'volume' | 'snapshot';
  readonly slot: string;
  /** So much must be there: a shorter image was cut off, and a copy of it would pass for a whole one. */
  readonly sizeBytes: bigint;
}

export interface ImageRequest {
  readonly slot: string;
  readonly sizeBytes: bigint;
  readonly provisioning: Provisioning;
  /** undefined: zeros. */
  readonly origin?: ImageOrigin;
}

export interface SnapshotRequest {
  readonly slot: string;
  /** The slot of the volume to copy. */
  readonly source: string;
  /** As {@link ImageOrigin.sizeBytes}. */
  readonly sizeBytes: bigint;
}

/** Images that are complete, but that nobody sees yet. */
export interface StagedImages {
  /** Moves them to their places, over what was left there by a create that never finished. */
  place(): Promise<void>;
  /** Removes what was not placed. */
  discard(): Promise<void>;
}

/** An image as it lies there. */
export interface StoredImage {
  readonly slot: string;
  readonly path: string;
  readonly bytes: bigint;
  /** When it or its name was last written, ms since 1970-01-01 UTC. */
  readonly changedAt: number;
}

/** What the volumes hold. Everything is idempotent; all but the staging is called inside of a record's write. */
export interface ImageStore {
  /** An absolute path on the node: the images of published volumes, under their NQN. */
  readonly exportFolder: string;
  stageVolume(request: ImageRequest, signal: AbortSignal): Promise<StagedImages>;
  /** All at one moment. @throws BackendError `unavailable` the volumes are written to while they are copied */
  stageSnapshots(requests: readonly SnapshotRequest[], signal: AbortSignal): Promise<StagedImages>;
  /** Never shrinks. */
  growVolume(slot: string, bytes: bigint, provisioning: Provisioning, signal: AbortSignal): Promise<void>;
  removeVolume(id: VolumeId, slot: string): Promise<void>;
  removeSnapshot(slot: string): Promise<void>;
  /** Exports the volume under this epoch and no other. */
  startExport(id: VolumeId, slot: string, epoch: Epoch): Promise<void>;
  /** Ends every export of the volume. */
  stopExport(id: VolumeId): Promise<void>;
  /** Every image of a volume that is there, recorded or not. */
  volumeImages(): Promise<readonly StoredImage[]>;
  /** What is wrong with the image of a recorded volume. */
  conditions(slot: string, expectedBytes: bigint): Promise<readonly VolumeCondition[]>;
}

/**
 * Volumes without content, for tests of what is above the port. Publications are recorded, and their exports
 * name the folder, but nothing stands in it: nothing can be attached without a data folder.
 */
export class NoImages implements ImageStore {
  constructor(readonly exportFolder: string) {}

  async stageVolume(): Promise<StagedImages> {
    return NOTHING_STAGED;
  }

  async stageSnapshots(): Promise<StagedImages> {
    return NOTHING_STAGED;
  }

  async growVolume(): Promise<void> {}
  async removeVolume(): Promise<void> {}
  async removeSnapshot(): Promise<void> {}
  async startExport(): Promise<void> {}
  async stopExport(): Promise<void> {}

  async volumeImages(): Promise<readonly StoredImage[]> {
    return [];
  }

  async conditions(): Promise<readonly VolumeCondition[]> {
    return [];
  }
}

const NOTHING_STAGED: StagedImages = { place: async () => undefined, discard: async () => undefined };
