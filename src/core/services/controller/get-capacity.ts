import type { CallContext } from '../../call-context.ts';
import { invalidArgument } from '../../csi/csi-error.ts';
import type { GetCapacityRequest, GetCapacityResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import type { StorageBackend } from '../../storage/storage-backend.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { type VolumeParameters, volumeParameters } from './parameters.ts';
import { suitablePool } from './suitable-pool.ts';
import { applianceSegments, reaches } from './topology.ts';
import { unsupportedCapability } from './volume-access.ts';

/**
 * GetCapacity: what volumes with these parameters could take, in the pools that they would be made in, of all the
 * appliances that nodes of the topology reach; and the largest volume that one of them takes. Nothing (0, no error)
 * where such a volume could never be made: that is how the scheduler is told.
 */
export const getCapacity =
  ({ fleet, driverName }: ControllerDeps): Handler<GetCapacityRequest, GetCapacityResponse> =>
  async ({ parameters: given, volumeCapabilities, accessibleTopology: topology }, context) => {
    const parameters = volumeParameters(given);
    const { appliance } = parameters;
    if (appliance !== undefined && !fleet.named(appliance)) {
      throw invalidArgument(
        `parameters.appliance is ${JSON.stringify(appliance)}; this driver has ${fleet.names()}`,
      );
    }
    const possible = fleet.members.filter(
      ({ name }) =>
        unsupportedCapability(volumeCapabilities) === undefined &&
        (appliance === undefined || name === appliance) &&
        (!topology || reaches(topology, applianceSegments(driverName, name))),
    );
    const rooms = await Promise.all(possible.map((member) => roomOn(member, parameters, context)));
    return {
      availableCapacity: rooms.reduce((sum, { available }) => sum + available, 0n),
      maximumVolumeSize: rooms.reduce((most, { largest }) => (largest > most ? largest : most), 0n),
      minimumVolumeSize: fleet.members
        .map(({ capabilities }) => capabilities.minVolumeBytes)
        .reduce((least, bytes) => (bytes < least ? bytes : least)),
    };
  };

interface Room {
  readonly available: bigint;
  readonly largest: bigint;
}

async function roomOn(
  member: StorageBackend,
  parameters: VolumeParameters,
  context: CallContext,
): Promise<Room> {
  const pool = suitablePool(await member.pools(context), parameters);
  const available = pool?.availableBytes[parameters.provisioning] ?? 0n;
  const { maxVolumeBytes, granularityBytes } = member.capabilities;
  const whole = (available / granularityBytes) * granularityBytes;
  return { available, largest: whole < maxVolumeBytes ? whole : maxVolumeBytes };
}
