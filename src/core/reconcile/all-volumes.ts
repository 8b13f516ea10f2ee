import type { CallContext } from '../call-context.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import type { Volume } from '../storage/volume.ts';

const PAGE = 1000;

/** Every volume of our cluster. @throws BackendError where any page could not be had: a part is never the whole */
export async function allVolumes(backend: StorageBackend, context: CallContext): Promise<Volume[]> {
  const found: Volume[] = [];
  let after: string | undefined;
  do {
    const page = await backend.listVolumes({ limit: PAGE, ...(after !== undefined && { after }) }, context);
    found.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return found;
}
