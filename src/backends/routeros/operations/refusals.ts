import { BackendError } from '../../../core/storage/backend-error.ts';
import { NO_ORIGIN } from '../strategies/btrfs-subvolumes.ts';
import { NO_SPACE } from './capacity.ts';
import { NO_PORT } from './ports.ts';

/** Why a script refused: an image lies where the new one would, and nothing says that it may go. */
export const LEFT_OVER = 'left-over';
/** Why a script refused: the pool is not mounted any more, or has another file system. */
export const POOL_GONE = 'pool-gone';

/** Why a script refused: somebody else has done the same since it was looked at. */
export const OVERTAKEN = 'overtaken';

/**
 * A script's own refusal, in words.
 * @param pool such as `pool raid10`, or what else is known of it
 */
export function refusalError(refusal: string, subject: string, pool: string): BackendError {
  switch (refusal) {
    case NO_SPACE:
      return new BackendError(
        'exhausted',
        `${subject}: ${pool} has no room for it beside what is promised and reserved; delete or move something`,
      );
    case NO_PORT:
      return new BackendError(
        'exhausted',
        `${subject}: every NVMe/TCP port of the configured range is taken; widen RDS_NVME_PORTS`,
      );
    case LEFT_OVER:
      return new BackendError(
        'precondition',
        `${subject}: an image lies in ${pool} where the new one would, and no disk uses it. It may be somebody's ` +
          'data: look at it with `rose-csi volumes recover`, or remove it by hand',
      );
    case POOL_GONE:
      return new BackendError(
        'unavailable',
        `${subject}: ${pool} is not mounted on the appliance now, or is not what it was; try again`,
      );
    case OVERTAKEN:
      return new BackendError('changed', `${subject}: somebody else is making it; try again`);
    case NO_ORIGIN:
      return new BackendError(
        'changed',
        `${subject}: its content source changed while it was copied; try again`,
      );
    default:
      return new BackendError('protocol', `${subject}: the script refused: ${refusal}`);
  }
}
