import { BackendError } from './backend-error.ts';
import type { Fleet } from './fleet.ts';
import type { StorageBackend } from './storage-backend.ts';

/**
 * What the other appliances have of a name that is to be made on a certain one, for a refusal in words. What is away is
 * not waited for: an object that can only be made in one place is not made twice, so that all that is missed is the
 * refusal of a misused name, and an outage there stays there.
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
        if (error instanceof BackendError && error.kind === 'unavailable') return undefined;
        throw error;
      }),
    ),
  );
  return found.filter((one) => one !== undefined);
}
