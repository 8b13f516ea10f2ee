import { z } from 'zod';
import { CONNECTION_PARAMETERS, readConnection } from '../../csi/connection-parameters.ts';
import { invalidArgument } from '../../csi/csi-error.ts';
import { ENCRYPTION_PARAMETER } from '../../csi/encryption-parameter.ts';
import { connectionOf } from '../../storage/connection-options.ts';
import type { Provisioning, VolumeChange } from '../../storage/volume.ts';
import { isApplianceName } from '../../storage/volume-id.ts';
import { type Parameter, type ParameterTable, parameterFaults } from './parameter-table.ts';

/** What a StorageClass decides for its volumes. */
export interface VolumeParameters {
  /** undefined: the driver chooses. */
  readonly appliance?: string;
  readonly pool?: string;
  readonly provisioning: Provisioning;
  readonly compression: boolean;
  readonly encrypted?: true;
}

const COMPRESSION = { schema: z.enum(['true', 'false']), allowed: 'true, false' };

export const STORAGE_CLASS_PARAMETERS = {
  owner: 'StorageClass',
  field: 'parameters',
  rows: {
    appliance: {
      schema: z.string().refine(isApplianceName),
      allowed: "an appliance's name, as RDS_CONFIG or RDS_NAME has it",
      fallback: 'one that the nodes of the topology reach, by a hash of the name and by free space',
      help: 'The appliance that the volume is made on. Copies stay on that of their source.',
    },
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
      ...COMPRESSION,
      fallback: 'false',
      help: 'Compress the image on the appliance; only pools that can (btrfs).',
    },
    ...ENCRYPTION_PARAMETER,
    ...CONNECTION_PARAMETERS,
  },
} as const satisfies ParameterTable;

/** What only a node needs: the record keeps it, and a node gets it with the volume. */
const MUTABLE_CONNECTION: Readonly<Record<string, Parameter>> = Object.fromEntries(
  Object.entries(CONNECTION_PARAMETERS).map(([name, row]) => [
    name,
    {
      ...row,
      fallback: 'as it is',
      help: `${row.help} Takes effect when the volume is attached and staged next.`,
    },
  ]),
);

/** The others of a StorageClass are decided once, when the volume is made. */
export const VOLUME_ATTRIBUTES_CLASS_PARAMETERS = {
  owner: 'VolumeAttributesClass',
  field: 'mutable_parameters',
  rows: {
    compression: {
      ...COMPRESSION,
      fallback: 'as it is',
      help: 'Compress what is written from now on, published or not; what is there already stays as it is until it is written again. Only pools that can (btrfs).',
    },
    ...MUTABLE_CONNECTION,
  },
} as const satisfies ParameterTable;

/** There is nothing to decide about a snapshot. */
export const SNAPSHOT_CLASS_PARAMETERS: ParameterTable = {
  owner: 'VolumeSnapshotClass',
  field: 'parameters',
  rows: {},
};

/** @throws CsiError INVALID_ARGUMENT that lists every fault with what is allowed */
export function requireParameters(table: ParameterTable, given: Readonly<Record<string, string>>): void {
  const faults = parameterFaults(table, given);
  if (faults.length > 0) throw invalidArgument(faults.join('; '));
}

/** @throws CsiError INVALID_ARGUMENT that lists every fault with what is allowed */
export function volumeParameters(given: Readonly<Record<string, string>>): VolumeParameters {
  requireParameters(STORAGE_CLASS_PARAMETERS, given);
  const { pool, appliance } = given;
  return {
    ...(appliance === undefined ? {} : { appliance }),
    ...(pool === undefined ? {} : { pool }),
    provisioning: given['provisioning'] === 'thick' ? 'thick' : 'thin',
    compression: given['compression'] === 'true',
    ...(given['encrypted'] === 'true' && { encrypted: true }),
  };
}

/** What is not given stays as it is. @throws CsiError INVALID_ARGUMENT that lists every fault with what is allowed */
export function mutableParameters(given: Readonly<Record<string, string>>): VolumeChange {
  requireParameters(VOLUME_ATTRIBUTES_CLASS_PARAMETERS, given);
  const { compression } = given;
  return {
    ...(compression !== undefined && { compression: compression === 'true' }),
    ...connectionOf({ connection: readConnection(VOLUME_ATTRIBUTES_CLASS_PARAMETERS.field, given) }),
  };
}
