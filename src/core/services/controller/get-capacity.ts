import type { GetCapacityRequest, GetCapacityResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import type { Pool } from '../../storage/pool.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { type VolumeParameters, volumeParameters } from './parameters.ts';
import { applianceSegments, reaches } from './topology.ts';
import { unsupportedCapability } from './volume-access.ts';

/**
 * GetCapacity: what a volume with these parameters could take, in the pool that it would be made in. Nothing
 * (0, no error) where such a volume could never be made: that is how the scheduler is told.
 */
export const getCapacity =
  ({ backend, driverName }: ControllerDeps): Handler<GetCapacityRequest, GetCapacityResponse> =>
  async (request, context) => {
    const parameters = volumeParameters(request.parameters);
    const { minVolumeBytes, maxVolumeBytes, granularityBytes } = backend.capabilities;
    const possible =
      unsupportedCapability(request.volumeCapabilities) === undefined &&
      (!request.accessibleTopology ||
        reaches(request.accessibleTopology, applianceSegments(driverName, backend.name)));
    const pool = possible ? suitablePool(await backend.pools(context), parameters) : undefined;
    const available = pool?.availableBytes[parameters.provisioning] ?? 0n;
    const largest = (available / granularityBytes) * granularityBytes;
    return {
      availableCapacity: available,
      maximumVolumeSize: largest < maxVolumeBytes ? largest : maxVolumeBytes,
      minimumVolumeSize: minVolumeBytes,
    };
  };

function suitablePool(
  pools: readonly Pool[],
  { pool: name, compression }: VolumeParameters,
): Pool | undefined {
  const pool = name === undefined ? pools[0] : pools.find((candidate) => candidate.name === name);
  return pool && pool.state !== 'offline' && (!compression || pool.capabilities.compression)
    ? pool
    : undefined;
}
