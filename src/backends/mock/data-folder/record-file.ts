import { z } from 'zod';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { SnapshotId, VolumeId } from '../../../core/storage/volume-id.ts';
import { isEpoch, isNodeId, parseHandle } from '../../../core/storage/volume-id.ts';
import type { MockRecord } from '../record.ts';

/** Counted up when a reader of today would misread what is written. */
const VERSION = 2;
/** What the first version cannot read; without it a record is written as that one reads it. */
const SINCE_2 = 'connection';

const bytes = z
  .string()
  .regex(/^\d{1,19}$/)
  .transform((text) => BigInt(text));
const isHandle = (text: string): boolean => parseHandle(text) !== undefined;
const volumeHandle = z.custom<VolumeId>((value) => typeof value === 'string' && isHandle(value));
const snapshotHandle = z.custom<SnapshotId>((value) => typeof value === 'string' && isHandle(value));
const time = z.int().nonnegative();

const head = { version: z.literal([1, VERSION]), slot: z.string(), cluster: z.string(), name: z.string() };
const encryption = { encrypted: z.exactOptional(z.literal(true)) };
const entry = {
  slot: z.string(),
  name: z.string(),
  source: volumeHandle,
  sizeBytes: bytes,
  pool: z.string(),
  createdAt: time,
  ...encryption,
};
const publication = z.strictObject({
  node: z.string().refine(isNodeId),
  sharing: z.enum(['single', 'multi']),
  readonly: z.boolean(),
});
const contentSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('snapshot'), id: snapshotHandle }),
  z.strictObject({ kind: z.literal('volume'), id: volumeHandle }),
]);

const count = z.int().positive();
const connection = z.strictObject({
  ctrlLossTimeout: z.exactOptional(count),
  reconnectDelay: z.exactOptional(count),
  fastIoFailTimeout: z.exactOptional(z.union([z.literal('off'), count])),
  keepAliveTimeout: z.exactOptional(count),
  queues: z.exactOptional(count),
});

const volume = z.strictObject({
  ...head,
  kind: z.literal('volume'),
  capacityBytes: bytes,
  pool: z.string(),
  provisioning: z.enum(['thin', 'thick']),
  compression: z.boolean(),
  contentSource: z.exactOptional(contentSource),
  mayFormat: z.boolean(),
  ...encryption,
  everPublished: z.boolean(),
  publications: z.array(publication),
  epoch: z.exactOptional(z.string().refine(isEpoch)),
  connection: z.exactOptional(connection),
});
const snapshot = z.strictObject({ ...head, ...entry, kind: z.literal('snapshot') });
const group = z.strictObject({
  ...head,
  kind: z.literal('group'),
  createdAt: time,
  members: z.array(z.strictObject(entry)),
});

const schema = z
  .discriminatedUnion('kind', [volume, snapshot, group])
  .refine((record) => record.kind !== 'volume' || record.publications.length > 0 === 'epoch' in record, {
    message: 'epoch and publications go together',
  });

export function printRecord(record: MockRecord): string {
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  const version = SINCE_2 in record ? VERSION : 1;
  return `${JSON.stringify({ version, ...record }, text, 2)}\n`;
}

/**
 * Reads a record strictly: what is not understood is never passed over.
 * @throws BackendError `precondition` that names the file and what to do: a newer version's, or damaged
 */
export function parseRecord(path: string, slot: string, text: string): MockRecord {
  const json = parseJson(path, text);
  const { version } = z.looseObject({ version: z.unknown() }).safeParse(json).data ?? {};
  if (typeof version === 'number' && version > VERSION) {
    throw new BackendError(
      'precondition',
      `record ${path} was written by a newer driver (version ${version}, known is ${VERSION}); upgrade this driver`,
    );
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw damaged(path, z.prettifyError(parsed.error));
  if (parsed.data.slot !== slot) throw damaged(path, `it is the record of ${parsed.data.slot}`);
  const { version: _, ...record } = parsed.data;
  return record;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : String(error));
  }
}

const damaged = (path: string, fault: string): BackendError =>
  new BackendError(
    'precondition',
    `record ${path} is damaged: ${fault}; restore it from a backup, or move it and its image out of the data folder`,
  );
