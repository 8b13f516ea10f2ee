import { formatBytes, roundUp } from '../bytes.ts';
import { BackendError } from './backend-error.ts';
import type { BackendCapabilities } from './storage-backend.ts';

/**
 * The size that a volume gets for a wanted one, bytes.
 * @param subject the volume, for the error
 * @throws BackendError `out-of-range`
 */
export function requireVolumeSize(
  subject: string,
  bytes: bigint,
  limitBytes: bigint | undefined,
  { minVolumeBytes, maxVolumeBytes, granularityBytes }: BackendCapabilities,
): bigint {
  const size = roundUp(bytes, granularityBytes);
  const most = limitBytes !== undefined && limitBytes < maxVolumeBytes ? limitBytes : maxVolumeBytes;
  if (size >= minVolumeBytes && size <= most) return size;
  throw new BackendError(
    'out-of-range',
    `${subject}: a size of ${formatBytes(size)} cannot be had; it must be a multiple of ` +
      `${formatBytes(granularityBytes)} from ${formatBytes(minVolumeBytes)} to ${formatBytes(most)}`,
  );
}
