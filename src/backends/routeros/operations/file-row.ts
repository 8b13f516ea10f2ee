import { z } from 'zod';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { asText, type Code, each, map, variable } from '../script/code.ts';
import { find, propertyOf, rows } from '../script/command.ts';
import type { Reply } from '../script/reply.ts';
import { answer } from '../script/script.ts';
import { readTime } from './times.ts';

/** A file or folder as `/file` shows it. */
export interface FileRow {
  /** Without a leading slash. */
  readonly name: string;
  /** undefined: `/file` does not say, as of a folder. */
  readonly bytes?: bigint;
  /** When it was last written, ms, by the appliance's clock and in its zone: only to be compared with that clock. */
  readonly modified?: number;
}

export interface TextFile {
  readonly name: string;
  readonly contents: string;
}

/** ASSUMED[file-size-form]: a number, as of a disk; in any other form the size counts as not told. */
const size = z
  .union([z.int().nonnegative(), z.bigint(), z.string().regex(/^\d+$/)])
  .nullish()
  .catch(undefined)
  .transform((value) => (value === null || value === undefined ? undefined : BigInt(value)));
/** ASSUMED[creation-time]: as the time of a subvolume; in any other form, a number too, it counts as not told. */
const modified = z.string().nullish().catch(undefined);
const fileSchema = z.object({ name: z.string(), size, 'last-modified': modified });
const textSchema = z.object({ name: z.string(), contents: z.string() });

/** Answers the files that fit. */
export const answerFiles = (where: Code): Code =>
  each('f', rows('/file', ['name', 'size', 'last-modified'], where), [answer('file', variable('f'))]);

/** Answers the text of the files that fit; for small ones: RouterOS gives at most 60 KiB. */
export const answerTexts = (where: Code): Code =>
  each('f', find('/file', where), [
    answer(
      'text',
      map({
        name: propertyOf('/file', variable('f'), 'name'),
        contents: asText(propertyOf('/file', variable('f'), 'contents')),
      }),
    ),
  ]);

/** @throws BackendError `protocol` */
export const filesOf = (reply: Reply): FileRow[] =>
  valuesOf(reply, 'file').map((value) => {
    const { name, size: bytes, 'last-modified': written } = read(fileSchema, value);
    const modified = readTime(written ?? '', 0);
    return { name, ...(bytes !== undefined && { bytes }), ...(modified !== undefined && { modified }) };
  });

/** @throws BackendError `protocol` */
export const textsOf = (reply: Reply): TextFile[] =>
  valuesOf(reply, 'text').map((value) => read(textSchema, value));

const valuesOf = ({ answers }: Reply, wanted: string): unknown[] =>
  answers.filter(({ kind }) => kind === wanted).map(({ value }) => value);

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BackendError(
    'protocol',
    `the appliance showed a file in an unknown form: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}
