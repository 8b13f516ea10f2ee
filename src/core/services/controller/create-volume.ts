import { status } from '@grpc/grpc-js';
import { connectionContext } from '../../csi/connection-parameters.ts';
import { CsiError, invalidArgument } from '../../csi/csi-error.ts';
import type { CreateVolumeRequest, CreateVolumeResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { sizeRequest } from './capacity-range.ts';
import { contentSource, sourceBytes } from './content-source.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { mutableParameters, volumeParameters } from './parameters.ts';
import { applianceSegments, satisfies } from './topology.ts';
import { unsupportedIsInvalid } from './unsupported.ts';
import { unsupportedCapability } from './volume-access.ts';
import { volumeMessage } from './volume-message.ts';

/** CreateVolume: the same name with a compatible request gives the volume that exists already. */
export const createVolume =
  ({ backend, driverName }: ControllerDeps): Handler<CreateVolumeRequest, CreateVolumeResponse> =>
  async (request, context) => {
    const subject = `volume ${JSON.stringify(request.name)}`;
    const unsupported = unsupportedCapability(request.volumeCapabilities);
    if (unsupported) throw invalidArgument(`${subject}: ${unsupported}`);
    const parameters = {
      ...volumeParameters(request.parameters),
      ...mutableParameters(request.mutableParameters),
    };
    const source = contentSource(request.volumeContentSource);
    if (!satisfies(request.accessibilityRequirements, applianceSegments(driverName, backend.name))) {
      throw new CsiError(
        status.RESOURCE_EXHAUSTED,
        `${subject}: no node of the requested topology reaches the appliance ${backend.name}; ` +
          'check the StorageClass allowedTopologies',
      );
    }
    const range = request.capacityRange;
    const ofSource = source && !range?.requiredBytes && (await sourceBytes(source, backend, context));
    const wanted = ofSource ? { limitBytes: 0n, ...range, requiredBytes: ofSource } : range;
    const size = sizeRequest(subject, wanted, backend.capabilities);
    const spec = { name: request.name, ...size, ...parameters, ...(source && { contentSource: source }) };
    const volume = await unsupportedIsInvalid(backend.createVolume(spec, context));
    const message = volumeMessage(volume, driverName);
    // Kubernetes keeps them for the node; the appliance need not know.
    const volumeContext = { ...message.volumeContext, ...connectionContext(request.parameters) };
    return { volume: { ...message, volumeContext } };
  };
