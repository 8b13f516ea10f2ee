import type { Snapshot as SnapshotMessage } from '../../csi/generated/csi.ts';
import type { Timestamp } from '../../csi/generated/google/protobuf/timestamp.ts';
import type { Snapshot } from '../../storage/snapshot.ts';
import { parseHandle } from '../../storage/volume-id.ts';
import { applianceSegments } from './topology.ts';

/** A snapshot of the port as CSI writes it. It is ready as soon as it is there: nothing is copied. */
export function snapshotMessage(snapshot: Snapshot, driverName: string): SnapshotMessage {
  const appliance = parseHandle(snapshot.id)?.appliance ?? '';
  return {
    snapshotId: snapshot.id,
    sourceVolumeId: snapshot.source,
    sizeBytes: snapshot.sizeBytes,
    creationTime: timestamp(snapshot.createdAt),
    readyToUse: true,
    groupSnapshotId: snapshot.group ?? '',
    accessibleTopology: [{ segments: applianceSegments(driverName, appliance) }],
  };
}

/** @param ms since 1970-01-01 UTC */
export function timestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}
