import type { CallContext } from '../../call-context.ts';
import { invalidArgument } from '../../csi/csi-error.ts';
import type { VolumeContentSource } from '../../csi/generated/csi.ts';
import type { StorageBackend } from '../../storage/storage-backend.ts';
import type { ContentSource } from '../../storage/volume.ts';
import { asSnapshotId, asVolumeId, noSuchSnapshot, noSuchVolume } from './lookup.ts';

/** @throws BackendError `not-found` where the id has not the form of ours */
export function contentSource(message: VolumeContentSource | undefined): ContentSource | undefined {
  switch (message?.type?.$case) {
    case undefined:
      if (message) throw invalidArgument('volume_content_source.type is required: snapshot or volume');
      return undefined;
    case 'snapshot': {
      const { snapshotId } = message.type.snapshot;
      const id = asSnapshotId(snapshotId);
      if (!id) throw noSuchSnapshot(snapshotId);
      return { kind: 'snapshot', id };
    }
    case 'volume': {
      const { volumeId } = message.type.volume;
      const id = asVolumeId(volumeId);
      if (!id) throw noSuchVolume(volumeId);
      return { kind: 'volume', id };
    }
  }
}

/**
 * The size of what a volume begins with, bytes: it is what a volume gets whose size nobody asks for. Where the source
 * is gone it is the least there is: then the backend still knows a volume that was made of it before.
 */
export async function sourceBytes(
  source: ContentSource,
  backend: StorageBackend,
  context: CallContext,
): Promise<bigint> {
  if (source.kind === 'snapshot') {
    const snapshot = await backend.getSnapshot(source.id, context);
    return snapshot?.sizeBytes ?? backend.capabilities.minVolumeBytes;
  }
  const volume = await backend.getVolume(source.id, context);
  return volume?.capacityBytes ?? backend.capabilities.minVolumeBytes;
}
