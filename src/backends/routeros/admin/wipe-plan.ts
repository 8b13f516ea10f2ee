import { BackendError } from '../../../core/storage/backend-error.ts';
import type { DiskRow } from '../operations/disk-row.ts';
import { type FileRecord, type Wiping, writeFileRecord } from '../records/file-record.ts';
import type { ImagePlace } from '../records/layout.ts';
import { nextRevision, type VolumeRecord, writeRecord } from '../records/volume-record.ts';
import type { Evidence, PlaceEvidence } from './evidence.ts';
import { recordAnew } from './record-anew.ts';

/** What a wipe does: the same volume, with an empty image. */
export interface WipePlan {
  readonly slot: string;
  readonly place: Pick<ImagePlace, 'pool' | 'image' | 'record'>;
  readonly bytes: bigint;
  readonly compression: boolean;
  readonly port: number;
  /** The item as it was seen: the wipe's condition. undefined: a wipe that was cut has taken it away. */
  readonly disk?: DiskRow;
  /** The record in the new item. */
  readonly comment: string;
  /** The record beside the image: as it was seen, while the old image may be there, before the new one is, afterwards. */
  readonly file: {
    readonly seen: string;
    readonly wiping: string;
    readonly emptied: string;
    readonly wiped: string;
  };
}

/**
 * What would replace a volume's image by an empty one.
 * @param revision one that no earlier record has had, as far as chance allows
 * @throws BackendError `in-use` · `precondition` it must not be wiped, or what it is is not sure
 */
export function planWipe(evidence: Evidence, clusterId: string, revision: number): WipePlan {
  return evidence.disk
    ? planFirst(evidence, evidence.disk, clusterId)
    : planRest(evidence, clusterId, revision);
}

function planFirst(evidence: Evidence, disk: DiskRow, clusterId: string): WipePlan {
  const { id, slot, comment, own } = evidence;
  if (comment?.state !== 'ok')
    throw refused(id, `its record is ${comment?.state}; see \`rose-csi volumes show\``);
  const { record } = comment;
  requireUnused(id, disk, record);
  if (record.imported) throw refused(id, 'it was imported, and its data are not the driver’s');
  if (record.source) throw refused(id, 'it was made from other data; delete it, and create an empty one');
  const { file, seen } = requireFile(evidence, own, clusterId);
  if (!own?.image) throw refused(id, 'it has no image; see `rose-csi volumes show`');
  const wiping = { bytes: String(disk.bytes), compression: disk.compression };
  return {
    slot,
    place: own.place,
    bytes: disk.bytes,
    compression: disk.compression,
    port: record.port,
    disk,
    comment: writeRecord({ ...record, mayFormat: true, revision: nextRevision(record) }),
    file: { seen, ...texts(file, wiping) },
  };
}

/** The disk item is gone already: the record beside the image says what it was. */
function planRest(evidence: Evidence, clusterId: string, revision: number): WipePlan {
  const { id, slot, elsewhere } = evidence;
  const begun = elsewhere.filter(
    ({ recordFile }) => recordFile.state === 'record' && recordFile.record.wiping,
  );
  const [place, ...others] = begun;
  if (!place || others.length > 0) throw refused(id, 'it has no disk item; see `rose-csi volumes recover`');
  const { file, seen } = requireFile(evidence, place, clusterId);
  const { wiping = { bytes: '0', compression: false } } = file;
  if (wiping.emptied && place.image)
    throw refused(id, 'the image there is newer than the wipe: see `rose-csi volumes recover`');
  return {
    slot,
    place: place.place,
    bytes: BigInt(wiping.bytes),
    compression: wiping.compression,
    port: file.port,
    comment: recordAnew(file, { mayFormat: true, revision }),
    file: { seen, ...texts(file, wiping) },
  };
}

const texts = ({ wiping: _, ...file }: FileRecord, wiping: Wiping) => ({
  wiping: writeFileRecord({ ...file, wiping }),
  emptied: writeFileRecord({ ...file, wiping: { ...wiping, emptied: true } }),
  wiped: writeFileRecord({ ...file, mayFormat: true }),
});

function requireUnused(id: Evidence['id'], { exported, nqn }: DiskRow, { publications }: VolumeRecord): void {
  const holders = publications.map(({ node }) => node).join(', ');
  if (holders !== '')
    throw new BackendError('in-use', `volume ${id} is published to ${holders}; unpublish it there first`);
  if (exported)
    throw new BackendError('in-use', `volume ${id} is still exported, as ${nqn}; unpublish it again first`);
}

function requireFile(
  { id, slot }: Evidence,
  place: PlaceEvidence | undefined,
  clusterId: string,
): { readonly file: FileRecord; readonly seen: string } {
  const found = place?.recordFile;
  if (found?.state === 'record' && found.record.slot === slot && found.record.cluster === clusterId)
    return { file: found.record, seen: found.contents };
  throw refused(id, 'the record beside its image is not whole; see `rose-csi volumes repair`');
}

const refused = (id: Evidence['id'], why: string): BackendError =>
  new BackendError('precondition', `volume ${id} is not wiped: ${why}`);
