import { encryptionOf } from '../../../core/storage/encryption.ts';
import type { FileRecord } from '../records/file-record.ts';
import { storeName } from '../records/stored-name.ts';
import { clusterTag, writeRecord } from '../records/volume-record.ts';
import { sourceIn } from './repair-identity.ts';

export interface Anew {
  readonly mayFormat: boolean;
  /** One that no earlier record has had, as far as chance allows. */
  readonly revision: number;
}

/**
 * The comment of a volume whose disk item is gone, from the record beside its image. Nobody uses it, and somebody may
 * have.
 */
export const recordAnew = (file: FileRecord, { mayFormat, revision }: Anew): string =>
  writeRecord({
    cluster: clusterTag(file.cluster),
    revision,
    provisioning: file.provisioning,
    port: file.port,
    mayFormat,
    everPublished: true,
    ...encryptionOf(file),
    ...sourceIn(file),
    ...(file.imported && { imported: true as const }),
    publications: [],
    name: storeName(file.name),
  });
