import { status } from '@grpc/grpc-js';
import { CsiError, invalidArgument } from '../../csi/csi-error.ts';
import type { CreateVolumeRequest, CreateVolumeResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { sizeRequest } from './capacity-range.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { volumeParameters } from './parameters.ts';
import { applianceSegments, satisfies } from './topology.ts';
import { unsupportedCapability } from './volume-access.ts';
import { volumeMessage } from './volume-message.ts';

/** CreateVolume: the same name with a compatible request gives the volume that exists already. */
export const createVolume =
  ({ backend, driverName }: ControllerDeps): Handler<CreateVolumeRequest, CreateVolumeResponse> =>
  async (request, context) => {
    const subject = `volume ${JSON.stringify(request.name)}`;
    refuseWhatIsNotAdvertised(request, subject);
    const unsupported = unsupportedCapability(request.volumeCapabilities);
    if (unsupported) throw invalidArgument(`${subject}: ${unsupported}`);
    const parameters = volumeParameters(request.parameters);
    if (!satisfies(request.accessibilityRequirements, applianceSegments(driverName, backend.name))) {
      throw new CsiError(
        status.RESOURCE_EXHAUSTED,
        `${subject}: no node of the requested topology reaches the appliance ${backend.name}; ` +
          'check the StorageClass allowedTopologies',
      );
    }
    const size = sizeRequest(subject, request.capacityRange, backend.capabilities);
    const volume = await backend.createVolume({ name: request.name, ...size, ...parameters }, context);
    return { volume: volumeMessage(volume, driverName) };
  };

function refuseWhatIsNotAdvertised(request: CreateVolumeRequest, subject: string): void {
  if (request.volumeContentSource) {
    throw invalidArgument(
      `${subject}: volume_content_source is not supported: this driver makes empty volumes only`,
    );
  }
  if (Object.keys(request.mutableParameters).length > 0) {
    throw invalidArgument(
      `${subject}: mutable_parameters are not supported; use the StorageClass parameters`,
    );
  }
}
