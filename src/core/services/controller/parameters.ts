import { z } from 'zod';
import { invalidArgument } from '../../csi/csi-error.ts';
import type { Provisioning, VolumeChange } from '../../storage/volume.ts';

/** What a StorageClass decides for its volumes. */
export interface VolumeParameters {
  readonly pool?: string;
  readonly provisioning: Provisioning;
  readonly compression: boolean;
}

/** Keys that the external-provisioner adds (`--extra-create-metadata`) or leaves in; they decide nothing here. */
const SIDECAR_PREFIX = 'csi.storage.k8s.io/';

/** Every StorageClass parameter once: the parser, the errors and `docs/configuration.md` read this table. */
export const STORAGE_CLASS_PARAMETERS = {
  pool: {
    schema: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
    allowed: "a pool's name, 1 to 63 characters of A-Z a-z 0-9 . _ -",
    fallback: "the appliance's first pool",
    help: 'The pool that the volume is made in.',
  },
  provisioning: {
    schema: z.enum(['thin', 'thick']),
    allowed: 'thin, thick',
    fallback: 'thin',
    help: 'Whether space is taken as it is written (thin) or set aside at once (thick).',
  },
  compression: {
    schema: z.enum(['true', 'false']),
    allowed: 'true, false',
    fallback: 'false',
    help: 'Compress the image on the appliance; only pools that can (btrfs).',
  },
} as const;

const isKnown = (key: string): key is keyof typeof STORAGE_CLASS_PARAMETERS =>
  Object.hasOwn(STORAGE_CLASS_PARAMETERS, key);

/** What a VolumeAttributesClass may set, at creation and afterwards. The others are decided once. */
const MUTABLE: ReadonlySet<string> = new Set<keyof typeof STORAGE_CLASS_PARAMETERS>(['compression']);

/** Keys of a request's parameters that are not a sidecar's. */
export const foreignParameters = (given: Readonly<Record<string, string>>): string[] =>
  Object.keys(given).filter((key) => !key.startsWith(SIDECAR_PREFIX));

/** @throws CsiError INVALID_ARGUMENT that lists every fault with what is allowed */
export function mutableParameters(given: Readonly<Record<string, string>>): VolumeChange {
  const faults = foreignParameters(given)
    .map((key) => mutableFault(key, given[key] ?? ''))
    .filter((text) => text !== undefined);
  if (faults.length > 0) throw invalidArgument(faults.join('; '));
  const { compression } = given;
  return compression === undefined ? {} : { compression: compression === 'true' };
}

function mutableFault(key: string, value: string): string | undefined {
  if (MUTABLE.has(key)) return fault(key, value)?.replace(/^parameters/, 'mutable_parameters');
  const known = [...MUTABLE].join(', ');
  const why = isKnown(key) ? 'cannot change after the volume was made' : 'is unknown';
  return `mutable_parameters.${JSON.stringify(key.slice(0, 64))} ${why}; a VolumeAttributesClass can set: ${known}`;
}

/** @throws CsiError INVALID_ARGUMENT that lists every fault with what is allowed */
export function volumeParameters(given: Readonly<Record<string, string>>): VolumeParameters {
  const own = Object.entries(given).filter(([key]) => !key.startsWith(SIDECAR_PREFIX));
  const faults = own.map(([key, value]) => fault(key, value)).filter((text) => text !== undefined);
  if (faults.length > 0) throw invalidArgument(faults.join('; '));
  const pool = given['pool'];
  return {
    ...(pool === undefined ? {} : { pool }),
    provisioning: given['provisioning'] === 'thick' ? 'thick' : 'thin',
    compression: given['compression'] === 'true',
  };
}

function fault(key: string, value: string): string | undefined {
  if (!isKnown(key)) {
    const known = Object.keys(STORAGE_CLASS_PARAMETERS).join(', ');
    return `parameters.${JSON.stringify(key.slice(0, 64))} is unknown; known are ${known}`;
  }
  const { schema, allowed } = STORAGE_CLASS_PARAMETERS[key];
  if (schema.safeParse(value).success) return undefined;
  return `parameters.${key} is ${JSON.stringify(value.slice(0, 64))}; allowed: ${allowed}`;
}
