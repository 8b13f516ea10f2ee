import { BackendError } from './backend-error.ts';
import type { Fleet } from './fleet.ts';
import type { StorageBackend } from './storage-backend.ts';

/** It is not known what is there. Any other error is about something that is. */
const UNREAD: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'permission', 'protocol']);

/**
 * What the other appliances have of a name that is to be made on a certain one, for a refusal in words. One that is
 * away or cannot be read is left out: an object that can only be made in one place is not made twice, so that
 * all that is missed is the refusal of a misused name, and trouble there stays there. One that falls silent just now is
 * waited for until its connection is given up.
 */
export async function holdersElsewhere<T>(
  { members }: Fleet,
  own: StorageBackend,
  find: (member: StorageBackend) => Promise<T | undefined>,
): Promise<T[]> {
  const others = members.filter((member) => member !== own && member.health().connected);
  const found = await Promise.all(
    others.map((member) =>
      find(member).catch((error: unknown) => {
        if (error instanceof BackendError && UNREAD.has(error.kind)) return undefined;
        throw error;
      }),
    ),
  );
  return found.filter((one) => one !== undefined);
}
