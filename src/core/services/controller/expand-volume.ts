import { invalidArgument } from '../../csi/csi-error.ts';
import type {
  ControllerExpandVolumeRequest,
  ControllerExpandVolumeResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { BackendError } from '../../storage/backend-error.ts';
import { sizeRequest } from './capacity-range.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { requireVolumeId } from './lookup.ts';

/**
 * ControllerExpandVolume: grows the image; a volume that is large enough stays as it is. The node always has its
 * half to do: the kernel must see the new size, for raw block too.
 */
export const expandVolume =
  ({ fleet }: ControllerDeps): Handler<ControllerExpandVolumeRequest, ControllerExpandVolumeResponse> =>
  async (request, context) => {
    const id = requireVolumeId(request.volumeId);
    const backend = fleet.of(id);
    if (!request.capacityRange?.requiredBytes && !request.capacityRange?.limitBytes) {
      throw invalidArgument(`volume ${id}: capacity_range asks for no size; set required_bytes`);
    }
    const size = sizeRequest(`volume ${id}`, request.capacityRange, backend.capabilities);
    const volume = await backend.expandVolume(id, size.requiredBytes, context);
    if (size.limitBytes !== undefined && volume.capacityBytes > size.limitBytes) {
      throw new BackendError(
        'out-of-range',
        `volume ${id} has ${volume.capacityBytes} bytes already, more than limit_bytes ` +
          `${size.limitBytes}; volumes never shrink`,
      );
    }
    return { capacityBytes: volume.capacityBytes, nodeExpansionRequired: true };
  };
