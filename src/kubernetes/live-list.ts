import type { WatchTransport } from './reflector.ts';
import { readList, type WireObject } from './wire.ts';

const PAGE = 500;

/**
 * Everything of a kind as the API server has it now, past its watch cache (no resourceVersion: the most recent). All
 * pages are of one version.
 * @throws KubernetesError where any page could not be had: a part is never taken for the whole
 */
export async function liveList<T>(
  transport: WatchTransport,
  path: string,
  project: (object: WireObject) => T | undefined,
  signal: AbortSignal,
): Promise<T[]> {
  const found: T[] = [];
  let next: string | undefined;
  const separator = path.includes('?') ? '&' : '?';
  do {
    const token = next === undefined ? '' : `&continue=${encodeURIComponent(next)}`;
    const page = readList(await transport.get(`${path}${separator}limit=${PAGE}${token}`, signal));
    for (const object of page.items) {
      const kept = project(object);
      if (kept !== undefined) found.push(kept);
    }
    next = page.next;
  } while (next !== undefined);
  return found;
}
