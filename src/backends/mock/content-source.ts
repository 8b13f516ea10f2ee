import { BackendError } from '../../core/storage/backend-error.ts';
import { type Encryption, encryptionOf } from '../../core/storage/encryption.ts';
import type { ContentSource } from '../../core/storage/volume.ts';
import { parseHandle } from '../../core/storage/volume-id.ts';
import type { ClusterRecords } from './cluster-records.ts';
import type { ImageOrigin } from './image-store.ts';
import type { Pools } from './pools.ts';
import { type MockRecord, snapshotsOf, type VolumeRecord } from './record.ts';
import { RevisionConflict } from './record-table.ts';

/** What a volume with content begins with. */
export interface Origin extends Encryption {
  readonly image: ImageOrigin;
  readonly pool: string;
  /** The smallest size of the new volume, bytes. */
  readonly sizeBytes: bigint;
  readonly mayFormat: boolean;
  /** @throws RevisionConflict the source is gone, or is no longer what it was when it was copied */
  readonly requireSame: (all: () => readonly MockRecord[]) => void;
}

/** @throws BackendError `not-found` no such source · `unsupported` its pool cannot do it */
export function findOrigin(source: ContentSource, records: ClusterRecords, pools: Pools): Origin {
  const origin =
    source.kind === 'snapshot' ? snapshotOrigin(source.id, records) : volumeOrigin(source.id, records);
  if (!origin)
    throw new BackendError('not-found', `content source ${source.kind} ${source.id} does not exist`);
  const { capabilities } = pools.require(origin.pool);
  if (source.kind === 'snapshot' ? capabilities.snapshots : capabilities.clones !== 'none') return origin;
  const what = source.kind === 'snapshot' ? 'snapshots' : 'clones';
  throw new BackendError('unsupported', `pool ${origin.pool} has no ${what}; use another pool`);
}

/** Of snapshots it is not known what they hold: never format. */
function snapshotOrigin(id: string, records: ClusterRecords): Origin | undefined {
  const handle = parseHandle(id);
  const found = records.snapshots().find(({ entry }) => entry.slot === handle?.slot);
  if (!found || handle?.appliance !== records.appliance) return undefined;
  const { slot, pool, sizeBytes } = found.entry;
  const encryption = encryptionOf(found.entry);
  return {
    image: { kind: 'snapshot', slot, sizeBytes },
    pool,
    sizeBytes,
    mayFormat: false,
    ...encryption,
    requireSame: (all) => {
      if (
        !all()
          .flatMap(snapshotsOf)
          .some((entry) => entry.slot === slot)
      )
        throw new RevisionConflict(slot);
    },
  };
}

function volumeOrigin(id: ContentSource['id'], records: ClusterRecords): Origin | undefined {
  const source = records.find(id)?.record;
  if (source?.kind !== 'volume') return undefined;
  return {
    image: { kind: 'volume', slot: source.slot, sizeBytes: source.capacityBytes },
    pool: source.pool,
    sizeBytes: source.capacityBytes,
    mayFormat: source.mayFormat && !source.everPublished,
    ...encryptionOf(source),
    requireSame: (all) => requireSameVolume(source, all()),
  };
}

/**
 * A copy stands for its source only if that was not resized or first published meanwhile.
 * @throws RevisionConflict
 */
export function requireSameVolume(source: VolumeRecord, records: readonly MockRecord[]): void {
  const now = records.find(({ slot }) => slot === source.slot);
  const same =
    now?.kind === 'volume' &&
    now.capacityBytes === source.capacityBytes &&
    now.everPublished === source.everPublished;
  if (!same) throw new RevisionConflict(source.slot);
}
