import { createHash } from 'node:crypto';
import { gzipSync } from 'bun';
import { command } from './command.ts';

/** One layer of an image: a folder as compressed archive. */
export interface Layer {
  readonly blob: Uint8Array;
  /** Of the compressed archive. */
  readonly digest: string;
  /** Of the archive itself. */
  readonly diffId: string;
}

export const sha256 = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Packs a folder so that the same files give the same bytes: sorted, owned by root, of one time.
 * @param epoch seconds since 1970, as SOURCE_DATE_EPOCH
 */
export function pack(folder: string, epoch: number, archive: string): Promise<Layer> {
  command([
    'tar',
    '--create',
    `--file=${archive}`,
    `--directory=${folder}`,
    '--format=gnu',
    '--sort=name',
    `--mtime=@${epoch}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '.',
  ]);
  return compress(archive);
}

async function compress(archive: string): Promise<Layer> {
  const bytes = new Uint8Array(await Bun.file(archive).arrayBuffer());
  const blob = gzipSync(bytes, { level: 6 });
  return { blob, digest: sha256(blob), diffId: sha256(bytes) };
}
