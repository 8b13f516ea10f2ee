import { BackendError } from './backend-error.ts';
import type { VolumeId } from './volume-id.ts';

/** @throws BackendError `invalid` unless there is one source or more, each once */
export function requireDistinctSources(group: string, sources: readonly VolumeId[]): void {
  if (sources.length > 0 && new Set(sources).size === sources.length) return;
  throw new BackendError(
    'invalid',
    `group snapshot ${JSON.stringify(group)} needs one source or more, each once; given are ${sources.length}`,
  );
}

/**
 * Whether a group that exists is what a create of its name asks for; the order does not matter.
 * @throws BackendError `conflict`
 */
export function requireSameSources(
  group: string,
  existing: Iterable<VolumeId>,
  sources: readonly VolumeId[],
): void {
  const held = new Set(existing);
  if (held.size === sources.length && sources.every((source) => held.has(source))) return;
  throw new BackendError(
    'conflict',
    `group snapshot ${JSON.stringify(group)} exists of other volumes than ${sources.join(', ')}; use another name`,
  );
}
