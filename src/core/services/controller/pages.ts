import { status } from '@grpc/grpc-js';
import { CsiError } from '../../csi/csi-error.ts';
import type { PageRequest } from '../../storage/page.ts';
import { parseHandle } from '../../storage/volume-id.ts';

/**
 * A CSI list request as a page of the port. 0 entries: no limit.
 * @throws CsiError ABORTED for a token that was not ours, which tells the caller to start over (CSI v1.13)
 */
export function pageRequest(maxEntries: number, startingToken: string): PageRequest {
  if (startingToken !== '' && !parseHandle(startingToken)) {
    throw new CsiError(status.ABORTED, 'starting_token is not one of this driver; start the list again');
  }
  return {
    ...(maxEntries > 0 ? { limit: maxEntries } : {}),
    ...(startingToken === '' ? {} : { after: startingToken }),
  };
}
