import type {
  ValidateVolumeCapabilitiesRequest,
  ValidateVolumeCapabilitiesResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
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
  const changed = mutableParameters(request.mutableParameters).compression;
  if (changed !== undefined && changed !== volume.compression) {
    return `mutable_parameters.compression is not that of the volume: ${volume.compression}`;
  }
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
