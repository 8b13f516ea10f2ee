import { formatBytes, GiB, roundUp } from '../../bytes.ts';
import type { CapacityRange } from '../../csi/generated/csi.ts';
import { BackendError } from '../../storage/backend-error.ts';
import type { BackendCapabilities } from '../../storage/storage-backend.ts';

/** What a volume gets whose size nobody asks for. */
const DEFAULT_BYTES = GiB;

export interface SizeRequest {
  /** A multiple of the granularity within the limits. */
  readonly requiredBytes: bigint;
  readonly limitBytes?: bigint;
}

/**
 * The size to make or grow to: what is required (or 1 GiB; or the limit, where only a smaller one is given),
 * rounded up to the backend's granularity and minimum.
 * @throws BackendError `out-of-range` where no such size is within the request and the backend's limits
 */
export function sizeRequest(
  subject: string,
  range: CapacityRange | undefined,
  limits: BackendCapabilities,
): SizeRequest {
  const limit = range?.limitBytes || undefined;
  const wanted =
    range?.requiredBytes || (limit !== undefined && limit < DEFAULT_BYTES ? limit : DEFAULT_BYTES);
  const { granularityBytes, minVolumeBytes, maxVolumeBytes } = limits;
  const rounded = range?.requiredBytes
    ? roundUp(wanted, granularityBytes)
    : (wanted / granularityBytes) * granularityBytes;
  const requiredBytes = rounded < minVolumeBytes ? minVolumeBytes : rounded;
  if (requiredBytes > maxVolumeBytes) {
    throw outOfRange(subject, `${formatBytes(requiredBytes)} is more than the largest volume`, limits);
  }
  if (limit === undefined) return { requiredBytes };
  if (requiredBytes > limit) {
    throw outOfRange(subject, `no possible size is within limit_bytes ${formatBytes(limit)}`, limits);
  }
  return { requiredBytes, limitBytes: limit };
}

function outOfRange(subject: string, fault: string, limits: BackendCapabilities): BackendError {
  const { granularityBytes, minVolumeBytes, maxVolumeBytes } = limits;
  return new BackendError(
    'out-of-range',
    `${subject}: ${fault}; sizes are multiples of ${formatBytes(granularityBytes)} ` +
      `from ${formatBytes(minVolumeBytes)} to ${formatBytes(maxVolumeBytes)}`,
  );
}
