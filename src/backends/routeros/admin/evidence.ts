import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { VolumeId } from '../../../core/storage/volume-id.ts';
import type { DiskRow } from '../operations/disk-row.ts';
import { answerFiles, answerTexts, filesOf, textsOf } from '../operations/file-row.ts';
import { notFound } from '../operations/owned-volume.ts';
import type { SnapshotRow } from '../operations/snapshot-reader.ts';
import { deletionMark, type FileRecord, readFileRecord } from '../records/file-record.ts';
import type { ImagePlace, Layout } from '../records/layout.ts';
import { either, equals, property } from '../script/code.ts';
import type { AdminDeps } from './admin-deps.ts';
import { type RecordState, recordState } from './record-state.ts';

/** What the file beside an image says. */
export type RecordFile =
  | { readonly state: 'absent' }
  | { readonly state: 'record'; readonly record: FileRecord; readonly contents: string }
  | { readonly state: 'deleted' }
  /** Not as the driver wrote it. */
  | { readonly state: 'unreadable'; readonly contents: string };

/** What lies where a volume's image is kept, or would be. */
export interface PlaceEvidence {
  readonly place: Pick<ImagePlace, 'pool' | 'image' | 'record'>;
  /** undefined: there is no image. */
  readonly image?: { readonly bytes?: bigint };
  readonly recordFile: RecordFile;
}

/** Everything that the appliance tells of one volume. */
export interface Evidence {
  readonly id: VolumeId;
  readonly slot: string;
  readonly disk?: DiskRow;
  /** What the comment says; set exactly where there is a disk. */
  readonly comment?: RecordState;
  /** Where the disk item says its image is. */
  readonly own?: PlaceEvidence;
  /** Other places where something of that name lies. */
  readonly elsewhere: readonly PlaceEvidence[];
  readonly snapshots: readonly SnapshotRow[];
}

/** Gathers it. Reads only. */
export class EvidenceReader {
  constructor(private readonly deps: AdminDeps) {}

  /** @throws BackendError `not-found` an id of another appliance, or of nothing that there is */
  async read(id: VolumeId, context: CallContext): Promise<Evidence> {
    const { ownership, pools, strategies, disks, layout } = this.deps;
    const slot = ownership.slotOf(id);
    if (slot === undefined) throw notFound(id);
    const known = await pools.all(context);
    const disk = await disks.read(slot, context);
    const usual = known.map((pool) => strategies.for(pool).place(pool, slot));
    const at = disk && placeOfImage(disk, layout);
    const places = at && !usual.some(({ image }) => image === at.image) ? [at, ...usual] : usual;
    const seen = await this.look(slot, places, context);
    const found = seen.filter((place) => place.image || place.recordFile.state !== 'absent');
    if (!disk && found.length === 0) throw notFound(id);
    const own = seen.find(({ place }) => place.image === at?.image);
    const hasSnapshots = known.some(({ fs }) => fs === 'btrfs');
    return {
      id,
      slot,
      ...(disk && { disk, comment: recordState(disk, ownership) }),
      ...(own && { own }),
      elsewhere: found.filter((place) => place !== own),
      snapshots: hasSnapshots ? await this.snapshots(slot, context) : [],
    };
  }

  private async look(
    slot: string,
    places: readonly Pick<ImagePlace, 'pool' | 'image' | 'record'>[],
    context: CallContext,
  ): Promise<PlaceEvidence[]> {
    if (places.length === 0) return [];
    const named = (name: string) => equals(property('name'), name);
    const body = [
      answerFiles(places.map(({ image }) => named(fileName(image))).reduce(either)),
      answerTexts(places.map(({ record }) => named(record)).reduce(either)),
    ];
    const reply = await this.deps.conversation.run({ operation: 'showVolume', body }, context);
    const files = new Map(filesOf(reply).map((file) => [file.name, file]));
    const texts = new Map(textsOf(reply).map(({ name, contents }) => [name, contents]));
    return places.map((place) => {
      const file = files.get(fileName(place.image));
      return {
        place,
        ...(file && { image: file.bytes === undefined ? {} : { bytes: file.bytes } }),
        recordFile: recordFileOf(texts.get(place.record), slot),
      };
    });
  }

  private snapshots(slot: string, context: CallContext): Promise<SnapshotRow[]> {
    const { snapshots } = this.deps;
    return snapshots.read('listSnapshots', snapshots.ofSource(slot), context);
  }
}

export const fileName = (image: string): string => image.slice(1);

/** Where the record of an image stands, whatever its path. */
function placeOfImage(
  { path, slot }: DiskRow,
  layout: Layout,
): Pick<ImagePlace, 'pool' | 'image' | 'record'> | undefined {
  if (layout.poolOf(path) === undefined) return path === '' ? undefined : layout.imported(path, slot);
  const [, stem, pool] = /^\/(([^/]+)\/.+)\.img$/.exec(path) ?? [];
  return stem && pool ? { pool, image: path, record: `${stem}.rec` } : undefined;
}

export function recordFileOf(contents: string | undefined, slot: string): RecordFile {
  if (contents === undefined) return { state: 'absent' };
  if (contents.trimEnd() === deletionMark(slot)) return { state: 'deleted' };
  const record = readFileRecord(contents);
  return record ? { state: 'record', record, contents } : { state: 'unreadable', contents };
}

/** @throws BackendError `not-found` */
export function requireDisk({ id, disk }: Evidence): DiskRow {
  if (disk) return disk;
  throw new BackendError(
    'not-found',
    `volume ${id} has an image or a record, but no disk item: see \`rose-csi volumes recover\``,
  );
}
