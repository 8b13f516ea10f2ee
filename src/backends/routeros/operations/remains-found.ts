import type { Remains, RemainsState } from '../../../core/storage/remains.ts';
import { isOwnSlot, slotFor, volumeId } from '../../../core/storage/volume-id.ts';
import { deletionMark, type FileRecord, readFileRecord } from '../records/file-record.ts';
import type { ImagePlace, Layout } from '../records/layout.ts';
import type { ImageStrategies } from '../strategies/image-strategies.ts';
import type { FileRow } from './file-row.ts';
import type { Ownership } from './owned-volume.ts';
import type { PoolFacts } from './pools.ts';

/** What the appliance showed. */
export interface Found {
  /** Images and records at the places of volumes. */
  readonly files: readonly FileRow[];
  readonly subvolumes: readonly { readonly fs: string; readonly fullname: string }[];
  /** The images of all disk items, whoever made them, with a leading slash. */
  readonly used: ReadonlySet<string>;
  /** The appliance's clock, ms, in its zone. */
  readonly now: number | undefined;
}

/** A place where something lies that no disk uses. */
export interface Unused {
  readonly slot: string;
  readonly place: ImagePlace;
  readonly image?: FileRow;
  readonly record?: FileRow;
  readonly ageMs?: number;
}

export interface RemainsSurroundings {
  readonly layout: Layout;
  readonly strategies: ImageStrategies;
  readonly ownership: Pick<Ownership, 'appliance'>;
}

/** Compares what lies there with what is used. Only places are looked at that the driver itself would choose. */
export function unusedPlaces(
  { files, subvolumes, used, now }: Found,
  pools: readonly PoolFacts[],
  { layout, strategies }: RemainsSurroundings,
): Unused[] {
  const named = new Map(files.map((file) => [file.name, file]));
  const places = new Map<string, { readonly slot: string; readonly place: ImagePlace }>();
  const note = (pool: PoolFacts | undefined, slot = '', name?: string) => {
    if (!pool || !isOwnSlot(slot)) return;
    const place = strategies.for(pool).place(pool, slot);
    const fits = name === undefined || name === place.record || name === place.image.slice(1);
    if (fits) places.set(place.image, { slot, place });
  };
  for (const { name } of files) {
    const [, pool, slot] = PLACE.exec(name) ?? [];
    note(
      pools.find((one) => one.name === pool),
      slot,
      name,
    );
  }
  for (const { fs, fullname } of subvolumes) {
    const slot = fullname.slice(fullname.lastIndexOf('/') + 1);
    if (fullname.replace(/^\//, '') !== layout.subvolume(slot)) continue;
    note(
      pools.find(({ label }) => label === fs),
      slot,
    );
  }
  return [...places.values()]
    .filter(({ place }) => !used.has(place.image))
    .map(({ slot, place }) => {
      const [image, record] = [named.get(place.image.slice(1)), named.get(place.record)];
      const written = record?.modified ?? image?.modified;
      return {
        slot,
        place,
        ...(image && { image }),
        ...(record && { record }),
        ...(now !== undefined && written !== undefined && { ageMs: now - written }),
      };
    });
}

const PLACE = /^([^/]+)\/csi\/[^/]+\/([^/.]+)(?:\/volume)?\.(?:img|rec)$/;

/** @param text what is in the record beside it */
export function remainsOf(
  { slot, place, image, ageMs }: Unused,
  text: string | undefined,
  { layout, ownership }: RemainsSurroundings,
): Remains {
  const record = text === undefined ? undefined : readFileRecord(text);
  return {
    id: volumeId(ownership.appliance, slot),
    path: place.image,
    state: stateOf(slot, text, record, layout),
    ...(record && { name: record.name }),
    ...(image?.bytes !== undefined && { bytes: image.bytes }),
    ...(ageMs !== undefined && { ageMs }),
  };
}

function stateOf(
  slot: string,
  text: string | undefined,
  record: FileRecord | undefined,
  { clusterId }: Layout,
): RemainsState {
  // As a script compares it, which removes nothing else.
  if (text === deletionMark(slot)) return 'deleted';
  if (record?.cluster !== clusterId) return 'unknown';
  if (record.slot !== slot) return 'copy';
  return slotFor(record.cluster, record.name) === slot ? 'volume' : 'unknown';
}
