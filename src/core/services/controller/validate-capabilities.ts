import { connectionContext, writeConnection } from '../../csi/connection-parameters.ts';
import type {
  ValidateVolumeCapabilitiesRequest,
  ValidateVolumeCapabilitiesResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { DEFAULT_CONNECTION_OPTIONS } from '../../storage/connection-options.ts';
import type { Volume } from '../../storage/volume.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { noSuchVolume, requireVolumeId } from './lookup.ts';
import { mutableParameters, volumeParameters } from './parameters.ts';
import { unsupportedCapability } from './volume-access.ts';
import { volumeContext } from './volume-message.ts';

/** ValidateVolumeCapabilities: confirms what was asked for, or says in words why not. */
export const validateCapabilities =
  ({
    fleet,
  }: ControllerDeps): Handler<ValidateVolumeCapabilitiesRequest, ValidateVolumeCapabilitiesResponse> =>
  async (request, context) => {
    const id = requireVolumeId(request.volumeId);
    const volume = await fleet.of(id).getVolume(id, context);
    if (!volume) throw noSuchVolume(request.volumeId);
    const objection = unsupportedCapability(request.volumeCapabilities) ?? mismatch(volume, request);
    if (objection) return { confirmed: undefined, message: objection };
    const { volumeContext: context_, volumeCapabilities, parameters, mutableParameters } = request;
    return {
      confirmed: { volumeContext: context_, volumeCapabilities, parameters, mutableParameters },
      message: '',
    };
  };

function mismatch(volume: Volume, request: ValidateVolumeCapabilitiesRequest): string | undefined {
  const own = volumeContext(volume);
  const foreign = Object.entries(request.volumeContext).find(
    ([key, value]) => key in own && own[key] !== value,
  );
  if (foreign) return `volume_context.${foreign[0]} is not that of the volume: ${own[foreign[0]]}`;
  const wanted = volumeParameters(request.parameters);
  const unchanged = mutableMismatch(volume, request);
  if (unchanged !== undefined) return unchanged;
  const differs = (['provisioning', 'compression'] as const).find(
    (key) => key in request.parameters && wanted[key] !== volume[key],
  );
  if (differs) return `parameters.${differs} is not that of the volume: ${volume[differs]}`;
  if ('encrypted' in request.parameters && wanted.encrypted !== volume.encrypted) {
    return `parameters.encrypted is not that of the volume: ${volume.encrypted ?? false}`;
  }
  if (wanted.pool !== undefined && wanted.pool !== volume.pool) {
    return `parameters.pool is not that of the volume: ${volume.pool}`;
  }
  return undefined;
}

/** How the volume is connected is known only with its context, where its StorageClass speaks. */
function mutableMismatch(
  volume: Volume,
  { mutableParameters: given, volumeContext: said }: ValidateVolumeCapabilitiesRequest,
): string | undefined {
  const { compression = volume.compression, connection } = mutableParameters(given);
  const is: Record<string, string> = {
    ...writeConnection(DEFAULT_CONNECTION_OPTIONS),
    ...connectionContext(said),
    ...writeConnection(volume.connection),
    compression: String(volume.compression),
  };
  const wanted = Object.entries({ compression: String(compression), ...writeConnection(connection) });
  const differs = wanted.find(([name, value]) => is[name] !== value);
  return differs && `mutable_parameters.${differs[0]} is not that of the volume: ${is[differs[0]]}`;
}
