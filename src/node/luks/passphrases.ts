import { invalidArgument } from '../../core/csi/csi-error.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';

/** Keys of the secret that a StorageClass names for stage. */
const CURRENT = 'encryptionPassphrase';
const PREVIOUS = 'encryptionPassphrasePrevious';

/** What opens an encrypted volume; bytes, exactly as the secret has them. */
export interface Passphrases {
  readonly current: Uint8Array;
  /** Opened it before; it is replaced by the current one. */
  readonly previous: Uint8Array | undefined;
}

/** @throws CsiError INVALID_ARGUMENT where the secret has no passphrase; it names the keys, never a value */
export function passphrasesOf(id: VolumeId, secrets: Readonly<Record<string, string>>): Passphrases {
  const current = secrets[CURRENT];
  const previous = secrets[PREVIOUS];
  if (!current) {
    throw invalidArgument(
      `volume ${id} is encrypted, but the stage secret has no ${CURRENT}; name a Secret with that key by ` +
        'csi.storage.k8s.io/node-stage-secret-name and -namespace in the StorageClass',
    );
  }
  return {
    current: Buffer.from(current),
    previous: previous && previous !== current ? Buffer.from(previous) : undefined,
  };
}
