import { invalidArgument } from '../../csi/csi-error.ts';
import { BackendError } from '../../storage/backend-error.ts';

/**
 * What a pool cannot do is a fault of the request where CSI v1.13 says so: a content source or parameters of
 * CreateVolume, mutable parameters of ControllerModifyVolume ("the specified volume cannot support the specified
 * parameters"). Sidecars stop retrying on it.
 * @throws CsiError INVALID_ARGUMENT for the port's `unsupported`, whatever else the work throws
 */
export const unsupportedIsInvalid = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw error instanceof BackendError && error.kind === 'unsupported'
      ? invalidArgument(error.message)
      : error;
  });
