import { BackendError } from './backend-error.ts';

/** Absent where the content is not encrypted. */
export interface Encryption {
  readonly encrypted?: true;
}

export const encryptionOf = ({ encrypted }: Encryption): Encryption => (encrypted ? { encrypted } : {});

/**
 * A copy has its source's key, or none: what is encrypted is opened with the source's passphrase, and what is not would
 * be taken for damaged.
 * @throws BackendError `unsupported`
 */
export function requireSameEncryption(
  subject: string,
  wanted: Encryption & { readonly contentSource?: { readonly kind: string; readonly id: string } },
  source: Encryption,
): void {
  if (wanted.encrypted === source.encrypted) return;
  const origin = `${wanted.contentSource?.kind} ${wanted.contentSource?.id}`;
  throw new BackendError(
    'unsupported',
    source.encrypted
      ? `${subject}: its content source ${origin} is encrypted; use a StorageClass with encrypted: "true" and the same secret`
      : `${subject}: its content source ${origin} is not encrypted, and copies stay as their source is; use a ` +
          'StorageClass without encrypted, and copy the data into a new encrypted volume',
  );
}
