import type { CallContext } from '../call-context.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import type { Volume } from '../storage/volume.ts';
import type { VolumeId } from '../storage/volume-id.ts';
import type { Cluster } from './cluster.ts';
import { describeOrphan, type Orphan } from './decide-orphans.ts';
import { lookForOrphans } from './look-for-orphans.ts';
import type { Announcer } from './surroundings.ts';

export interface OrphanParts {
  readonly backend: StorageBackend;
  readonly cluster: Pick<Cluster, 'live' | 'pendingClaims'>;
  readonly driver: string;
}

/** Whether a volume may be deleted as an orphan; if not, why not, for people. */
export type OrphanVerdict = { readonly orphan: Orphan } | { readonly refused: string };

/** The appliance is read, then the cluster. @throws where either could not be: that is no absence */
export async function judgeOrphan(
  id: VolumeId,
  { backend, cluster, driver }: OrphanParts,
  context: CallContext,
): Promise<OrphanVerdict> {
  const volume = await backend.getVolume(id, context);
  if (!volume) return { refused: `volume ${id} does not exist` };
  const [orphan] = await lookForOrphans([volume], cluster, driver, context.signal);
  if (!orphan) return { refused: `volume ${id} is no orphan: ${whoKnows(volume)}` };
  if (orphan.keep !== undefined) return { refused: `volume ${id} is kept: ${orphan.keep}` };
  return { orphan };
}

/**
 * Judges, and deletes what nobody can miss. Leaves a log line with the whole record, and an event.
 * @param may asked right before the deletion
 * @throws BackendError, or where it could not look; then nothing was decided
 */
export async function deleteOrphan(
  id: VolumeId,
  parts: OrphanParts & { readonly announcer: Announcer },
  may: () => boolean,
  context: CallContext,
): Promise<OrphanVerdict> {
  const verdict = await judgeOrphan(id, parts, context);
  if ('refused' in verdict) return verdict;
  if (!may()) return { refused: 'somebody else is in charge now' };
  const { volume } = verdict.orphan;
  await parts.backend.deleteVolume(id, context, { unlessEverPublished: true });
  context.logger.warn({ orphan: volume }, 'deleted an orphan');
  const message = `deleted ${describeOrphan(volume)}, which no PersistentVolume knew and no node ever had`;
  parts.announcer.announce({ kind: 'driver' }, { type: 'Warning', reason: 'OrphanDeleted', message });
  return verdict;
}

const whoKnows = ({ publications }: Volume): string =>
  publications.length > 0
    ? `it is published to ${publications.map(({ node }) => node).join(', ')}`
    : 'a PersistentVolume, a VolumeAttachment or a claim that waits for it knows it';
