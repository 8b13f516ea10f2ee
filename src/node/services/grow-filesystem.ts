import { formatBytes } from '../../core/bytes.ts';
import type { CallContext } from '../../core/call-context.ts';
import { failureText } from '../exec/command-failure.ts';
import type { Filesystem } from '../filesystems/filesystem.ts';
import { NodeError } from '../node-error.ts';
import type { AttachedDevice } from '../transports/transport.ts';
import type { NodeDeps } from './node-deps.ts';

const GROW_TIMEOUT_MS = 10 * 60_000;
/** File systems do not use the last, incomplete block or group. */
const SLACK_BYTES = 64n * 1024n;

const REFUSED = /Permission denied|Operation not permitted/;
/** Linux fs/ext4/resize.c, ext4_resize_begin: both give EPERM. */
const REFUSED_REMEDY =
  'the node plugin needs CAP_SYS_RESOURCE, and an ext4 with recorded errors must be checked offline first';

export const isSmaller = (filesystemBytes: bigint, device: AttachedDevice): boolean =>
  device.sizeBytes - filesystemBytes >= SLACK_BYTES;

/**
 * Grows a mounted file system to the size of its device.
 * @param mountPoint of a writable mount
 * @throws NodeError `permission` the kernel does not let us · `unavailable` the program failed
 */
export async function growFilesystem(
  deps: Pick<NodeDeps, 'runner'>,
  device: AttachedDevice,
  { filesystem, mountPoint }: { readonly filesystem: Filesystem; readonly mountPoint: string },
  context: CallContext,
): Promise<void> {
  const argv = filesystem.grow(device.path, mountPoint);
  const result = await deps.runner.run(argv, { signal: context.signal, timeoutMs: GROW_TIMEOUT_MS });
  if (result.exitCode !== 0) {
    const said = failureText(result);
    const [kind, remedy] = REFUSED.test(said)
      ? (['permission', REFUSED_REMEDY] as const)
      : (['unavailable', 'check it'] as const);
    throw new NodeError(
      kind,
      `volume ${device.volumeId}: ${argv[0]} could not grow the ${filesystem.type} at ${mountPoint} to the ` +
        `${formatBytes(device.sizeBytes)} of ${device.path}: ${said}; its data is untouched; ${remedy}`,
    );
  }
  context.logger.info(
    { volumeId: device.volumeId, device: device.path, mountPoint, sizeBytes: String(device.sizeBytes) },
    'file system has the size of its device',
  );
}
