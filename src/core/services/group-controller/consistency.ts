import { z } from 'zod';
import type { CallContext } from '../../call-context.ts';
import { BackendError } from '../../storage/backend-error.ts';
import type { StorageBackend } from '../../storage/storage-backend.ts';
import type { VolumeId } from '../../storage/volume-id.ts';
import type { ParameterTable } from '../controller/parameter-table.ts';
import { requireParameters } from '../controller/parameters.ts';

/**
 * `group`: all snapshots are of one moment (CSI v1.13: a group snapshot "MUST give a write-order consistency
 * guarantee or fail"). `member`: each is of a moment of its own.
 */
export type Consistency = 'group' | 'member';

export const GROUP_SNAPSHOT_CLASS_PARAMETERS: ParameterTable = {
  owner: 'VolumeGroupSnapshotClass',
  field: 'parameters',
  rows: {
    consistency: {
      schema: z.enum(['group', 'member']),
      allowed: 'group, member',
      fallback: 'group',
      help: 'group: all snapshots are of one moment, so at most one of the volumes may be published for writing; else the group snapshot is refused. member: of live volumes too, each snapshot crash-consistent by itself and of a moment of its own.',
    },
  },
};

/** @throws CsiError INVALID_ARGUMENT that lists every fault with what is allowed */
export function consistencyOf(given: Readonly<Record<string, string>>): Consistency {
  requireParameters(GROUP_SNAPSHOT_CLASS_PARAMETERS, given);
  return given['consistency'] === 'member' ? 'member' : 'group';
}

/**
 * The appliance snapshots one volume after the other, so their snapshots are of one moment only where no more than
 * one of them can be written to meanwhile: an export that is not there, or is read-only, takes no writes.
 * @throws BackendError `precondition` that names the volumes that are published for writing
 */
export async function requireOneMoment(
  subject: string,
  sources: readonly VolumeId[],
  backend: StorageBackend,
  context: CallContext,
): Promise<void> {
  const volumes = await Promise.all(sources.map((id) => backend.getVolume(id, context)));
  const written = volumes.filter((volume) => volume?.publications.some(({ readonly }) => !readonly));
  if (written.length <= 1) return;
  throw new BackendError(
    'precondition',
    `${subject}: ${written.map((volume) => volume?.id).join(' and ')} are published for writing, and the appliance ` +
      'snapshots one volume after the other, so their snapshots would not be of one moment; stop what writes, or set ' +
      'consistency: member in the VolumeGroupSnapshotClass where each volume by itself is enough',
  );
}
