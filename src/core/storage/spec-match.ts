import { formatBytes } from '../bytes.ts';
import { BackendError } from './backend-error.ts';
import { CONNECTION_NAMES } from './connection-options.ts';
import type { Encryption } from './encryption.ts';
import type { ContentSource, Volume, VolumeSpec } from './volume.ts';

/**
 * Whether an existing volume is what a create of its name asks for (CSI v1.13, CreateVolume: idempotent, and
 * ALREADY_EXISTS where it is incompatible). Its size may be anything from the required to the limit, so that a
 * volume that was expanded since still answers its own create.
 * @throws BackendError `conflict` that names every field that differs, with both values
 */
export function requireSameSpec(volume: Volume, spec: VolumeSpec): void {
  const faults = differences(volume, spec);
  if (faults.length === 0) return;
  throw new BackendError(
    'conflict',
    `volume ${volume.id} exists under the name ${JSON.stringify(spec.name)} with another specification: ` +
      `${faults.join('; ')}; use another name, or delete it first`,
  );
}

function differences(volume: Volume, spec: VolumeSpec): string[] {
  const fields: (string | undefined)[] = [
    // Two names with one slot would take a collision of SHA-256; a record edited by a person would not.
    differs('name', JSON.stringify(volume.name), JSON.stringify(spec.name)),
    size(volume.capacityBytes, spec),
    spec.pool === undefined ? undefined : differs('pool', volume.pool, spec.pool),
    differs('provisioning', volume.provisioning, spec.provisioning),
    differs('compression', String(volume.compression), String(spec.compression)),
    differs('encryption', encryption(volume), encryption(spec)),
    differs('content source', describeSource(volume.contentSource), describeSource(spec.contentSource)),
    ...CONNECTION_NAMES.map((name) => connection(name, volume, spec)),
  ];
  return fields.filter((field) => field !== undefined);
}

function differs(field: string, existing: string, wanted: string): string | undefined {
  return existing === wanted ? undefined : `its ${field} is ${existing}, asked for is ${wanted}`;
}

/** A create that names none is answered by a volume that was modified since. */
function connection(
  name: (typeof CONNECTION_NAMES)[number],
  { connection: existing }: Volume,
  { connection: wanted }: VolumeSpec,
): string | undefined {
  const value = wanted?.[name];
  if (value === undefined) return undefined;
  return differs(name, String(existing?.[name] ?? 'as its StorageClass says'), String(value));
}

function size(existing: bigint, { requiredBytes, limitBytes }: VolumeSpec): string | undefined {
  if (existing < requiredBytes) {
    return `its size is ${formatBytes(existing)}, asked for is at least ${formatBytes(requiredBytes)}`;
  }
  if (limitBytes !== undefined && existing > limitBytes) {
    return `its size is ${formatBytes(existing)}, asked for is at most ${formatBytes(limitBytes)}`;
  }
  return undefined;
}

const encryption = ({ encrypted }: Encryption): string => String(encrypted ?? false);

const describeSource = (source: ContentSource | undefined): string =>
  source ? `${source.kind} ${source.id}` : 'none';
