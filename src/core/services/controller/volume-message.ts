import { encryptionContext } from '../../csi/encryption-parameter.ts';
import type { VolumeContentSource, Volume as VolumeMessage } from '../../csi/generated/csi.ts';
import type { ContentSource, Volume } from '../../storage/volume.ts';
import { parseHandle } from '../../storage/volume-id.ts';
import { applianceSegments } from './topology.ts';

/** A volume of the port as CSI writes it. */
export function volumeMessage(volume: Volume, driverName: string): VolumeMessage {
  const appliance = parseHandle(volume.id)?.appliance ?? '';
  return {
    volumeId: volume.id,
    capacityBytes: volume.capacityBytes,
    volumeContext: volumeContext(volume),
    contentSource: contentSourceMessage(volume.contentSource),
    accessibleTopology: [{ segments: applianceSegments(driverName, appliance) }],
  };
}

/** What stays true of a volume for its life; Kubernetes keeps it in the PersistentVolume. */
export function volumeContext(
  volume: Pick<Volume, 'pool' | 'provisioning' | 'encrypted'>,
): Record<string, string> {
  const { pool, provisioning, encrypted } = volume;
  return { pool, provisioning, ...encryptionContext(encrypted) };
}

function contentSourceMessage(source: ContentSource | undefined): VolumeContentSource | undefined {
  switch (source?.kind) {
    case undefined:
      return undefined;
    case 'snapshot':
      return { type: { $case: 'snapshot', snapshot: { snapshotId: source.id } } };
    case 'volume':
      return { type: { $case: 'volume', volume: { volumeId: source.id } } };
  }
}

export const publishedNodeIds = (volume: Volume): string[] => volume.publications.map(({ node }) => node);
