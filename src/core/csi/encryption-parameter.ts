import { z } from 'zod';

const NAME = 'encrypted';

/**
 * Whether a volume's content is encrypted on the node, as a parameter of its StorageClass. Kubernetes keeps it in the
 * volume context for the node, and the record keeps it for snapshots and clones.
 */
export const ENCRYPTION_PARAMETER = {
  [NAME]: {
    schema: z.enum(['true', 'false']),
    allowed: 'true, false',
    fallback: 'false',
    help: "Encrypt on the node (LUKS2), so that neither the network nor the appliance sees content. The passphrase comes from the stage secret's key `encryptionPassphrase`: docs/guides/encryption.md.",
  },
} as const;

/** What the node is to know of it; nothing for a volume that is not encrypted. */
export const encryptionContext = (encrypted: true | undefined): Record<string, string> =>
  encrypted ? { [NAME]: 'true' } : {};

/** @throws RangeError where a person wrote something else into the volume context */
export function isEncrypted(volumeContext: Readonly<Record<string, string>>): boolean {
  const given = volumeContext[NAME] ?? 'false';
  const { schema, allowed } = ENCRYPTION_PARAMETER[NAME];
  if (!schema.safeParse(given).success) {
    throw new RangeError(
      `volume_context.${NAME} is ${JSON.stringify(given.slice(0, 64))}; allowed: ${allowed}`,
    );
  }
  return given === 'true';
}
