import { z } from 'zod';
import type { Encryption } from '../../../core/storage/encryption.ts';
import type { ContentSource } from '../../../core/storage/volume.ts';

/**
 * What never changes in a volume's life, kept in a small file beside its image: from it the disk item can be made
 * again after the appliance's configuration was reset (`rose-csi volumes recover`).
 */
export interface FileRecord extends Encryption {
  readonly cluster: string;
  readonly slot: string;
  /** The whole CSI name. */
  readonly name: string;
  readonly provisioning: 'thin' | 'thick';
  readonly mayFormat: boolean;
  readonly port: number;
  readonly source?: ContentSource;
  /** Of a disk that the driver did not make. */
  readonly imported?: Imported;
  /** Its image is being replaced by an empty one: what the disk item was, which may be gone by now. */
  readonly wiping?: Wiping;
}

export interface Wiping {
  readonly bytes: string;
  readonly compression: boolean;
  /** The old image is gone: one that is there is the new one, and may be in use since long. */
  readonly emptied?: true;
}

/** What an imported disk was, so that it can be that again. */
export interface Imported {
  /** The image's path, with a leading slash: it stays where it was. */
  readonly image: string;
  readonly before: ItemBefore;
}

/** What an import changes of a disk item. */
export interface ItemBefore {
  readonly comment: string;
  readonly exported: boolean;
  /** "" and 0 where the appliance did not show them. */
  readonly nqn: string;
  readonly port: number;
  /** Whether RouterOS mounts a file system that it finds in the image: its default. */
  readonly mountFilesystem: boolean;
}

const FORMAT = 1;
const schema = z.object({
  format: z.literal(FORMAT),
  cluster: z.string(),
  slot: z.string(),
  name: z.string(),
  provisioning: z.enum(['thin', 'thick']),
  mayFormat: z.boolean(),
  encrypted: z.exactOptional(z.literal(true)),
  port: z.int(),
  source: z.object({ kind: z.enum(['snapshot', 'volume']), id: z.string() }).optional(),
  imported: z
    .object({
      image: z.string(),
      before: z.object({
        comment: z.string(),
        exported: z.boolean(),
        nqn: z.string(),
        port: z.int(),
        mountFilesystem: z.boolean(),
      }),
    })
    .optional(),
  wiping: z
    .object({
      bytes: z.string().regex(/^\d+$/),
      compression: z.boolean(),
      emptied: z.exactOptional(z.literal(true)),
    })
    .optional(),
});

/** ASCII, whatever the name holds: RouterOS's own encoding of files is not known. */
export const writeFileRecord = (record: FileRecord): string =>
  JSON.stringify({ format: FORMAT, ...record }).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** undefined: not a record of this driver, or one that a person changed. */
export function readFileRecord(text: string): FileRecord | undefined {
  try {
    const { format: _, source, imported, wiping, ...record } = schema.parse(JSON.parse(text));
    return {
      ...record,
      ...(source && { source: source as ContentSource }),
      ...(imported && { imported }),
      ...(wiping && { wiping }),
    };
  } catch {
    return undefined;
  }
}

/** Takes the record's place before a deletion begins: what it stands beside may be removed, by whoever finds it. */
export const deletionMark = (slot: string): string => `deleted ${slot}`;
