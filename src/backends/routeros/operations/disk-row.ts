import { z } from 'zod';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { recordedPort } from '../records/volume-record.ts';
import { type Code, each, equals, property, variable } from '../script/code.ts';
import { rows } from '../script/command.ts';
import type { Reply } from '../script/reply.ts';
import { answer } from '../script/script.ts';

/** A file disk as the appliance shows it. */
export interface DiskRow {
  readonly slot: string;
  readonly comment: string;
  /** The image, with a leading slash. */
  readonly path: string;
  readonly bytes: bigint;
  readonly compression: boolean;
  readonly exported: boolean;
  readonly port: number;
  readonly nqn: string;
}

const PROPERTIES = [
  'slot',
  'comment',
  'file-path',
  'size',
  'compress',
  'nvme-tcp-export',
  'nvme-tcp-server-port',
  'nvme-tcp-server-nqn',
] as const;

/** JSON of `:serialize` has numbers raw and booleans as such; ASSUMED[unset-property]: an unset property is absent, null or "". */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const flag = z
  .union([z.boolean(), z.enum(['yes', 'no'])])
  .nullish()
  .transform((value) => value === true || value === 'yes');
const whole = z.union([z.int().nonnegative(), z.bigint()]).transform(BigInt);

const schema = z.object({
  slot: z.string(),
  comment: text,
  'file-path': text,
  size: whole.nullish(),
  compress: flag,
  'nvme-tcp-export': flag,
  'nvme-tcp-server-port': z.int().nullish(),
  'nvme-tcp-server-nqn': text,
});

export const ofSlot = (slot: string): Code => equals(property('slot'), slot);

/** Of volumes, exported or not; of other disks, while they are exported: else RouterOS shows none, or its default. */
export const portOf = ({ comment, exported, port }: DiskRow): number | undefined =>
  recordedPort(comment) ?? (exported ? port : undefined);

/** Answers the disks that fit. */
export const answerDisks = (where: Code): Code =>
  each('d', rows('/disk', PROPERTIES, where), [answer('disk', variable('d'))]);

/** @throws BackendError `protocol` a row has another form than RouterOS gives it */
export function disksOf({ answers }: Reply): DiskRow[] {
  return answers.filter(({ kind }) => kind === 'disk').map(({ value }) => diskRow(value));
}

function diskRow(value: unknown): DiskRow {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new BackendError(
      'protocol',
      `the appliance showed a disk in an unknown form: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  const row = parsed.data;
  return {
    slot: row.slot,
    comment: row.comment,
    path: row['file-path'],
    bytes: row.size ?? 0n,
    compression: row.compress,
    exported: row['nvme-tcp-export'],
    port: row['nvme-tcp-server-port'] ?? 0,
    nqn: row['nvme-tcp-server-nqn'],
  };
}
