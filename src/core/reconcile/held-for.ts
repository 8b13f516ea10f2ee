import type { CallContext } from '../call-context.ts';
import { BackendError } from '../storage/backend-error.ts';
import type { VolumeId } from '../storage/volume-id.ts';
import type { Outcome, VolumeLocks } from './surroundings.ts';

/**
 * Does something to a volume with its lock in hand, if nobody else works on it; what the appliance refuses is logged.
 * @param act says `refused` where it is no longer true what was to be done
 * @throws what is no BackendError
 */
export async function heldFor(
  locks: VolumeLocks,
  id: VolumeId,
  { logger }: CallContext,
  act: () => Promise<object>,
): Promise<Outcome> {
  const release = locks.hold(id);
  if (!release) return 'busy';
  try {
    return 'refused' in (await act()) ? 'overtaken' : 'done';
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    logger.warn({ volume: id, cause: error }, 'an orphan was not deleted');
    return 'failed';
  } finally {
    release();
  }
}
