import type { CallContext } from '../../call-context.ts';
import { connectionContext } from '../../csi/connection-parameters.ts';
import { invalidArgument } from '../../csi/csi-error.ts';
import type { CapacityRange, CreateVolumeRequest, CreateVolumeResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import type { StorageBackend } from '../../storage/storage-backend.ts';
import type { ContentSource, Volume } from '../../storage/volume.ts';
import { sizeRequest } from './capacity-range.ts';
import { contentSource, sourceBytes } from './content-source.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { mutableParameters, volumeParameters } from './parameters.ts';
import { unsupportedIsInvalid } from './unsupported.ts';
import { unsupportedCapability } from './volume-access.ts';
import { volumeMessage } from './volume-message.ts';

/** CreateVolume: the same name with a compatible request gives the volume that exists already. */
export const createVolume =
  ({ placement, driverName }: ControllerDeps): Handler<CreateVolumeRequest, CreateVolumeResponse> =>
  async (request, context) => {
    const { name, capacityRange, accessibilityRequirements: topology } = request;
    const subject = `volume ${JSON.stringify(name)}`;
    const unsupported = unsupportedCapability(request.volumeCapabilities);
    if (unsupported) throw invalidArgument(`${subject}: ${unsupported}`);
    const parameters = {
      ...volumeParameters(request.parameters),
      ...mutableParameters(request.mutableParameters),
    };
    const { appliance: _, ...wanted } = parameters;
    const source = contentSource(request.volumeContentSource);
    const make = async (backend: StorageBackend): Promise<Volume> => {
      const range = await sizeOf(capacityRange, source, backend, context);
      const size = sizeRequest(subject, range, backend.capabilities);
      return backend.createVolume(
        { name, ...size, ...wanted, ...(source && { contentSource: source }) },
        context,
      );
    };
    const volume = await unsupportedIsInvalid(
      placement.make({ name, parameters, source, topology }, context, make),
    );
    const message = volumeMessage(volume, driverName);
    // Kubernetes keeps them for the node; the appliance need not know.
    const volumeContext = { ...message.volumeContext, ...connectionContext(request.parameters) };
    return { volume: { ...message, volumeContext } };
  };

/** A copy of which no size is asked for gets its source's. */
async function sizeOf(
  range: CapacityRange | undefined,
  source: ContentSource | undefined,
  backend: StorageBackend,
  context: CallContext,
): Promise<CapacityRange | undefined> {
  if (!source || range?.requiredBytes) return range;
  return { limitBytes: 0n, ...range, requiredBytes: await sourceBytes(source, backend, context) };
}
