import type { CallContext } from '../../core/call-context.ts';
import type { FormatNotes } from '../filesystems/format-intent.ts';
import type { Mount } from '../mounts/mount-table.ts';
import { NodeError } from '../node-error.ts';
import type { AttachedDevice } from '../transports/transport.ts';
import { DeviceMounts } from './device-mounts.ts';
import { growFilesystem, isSmaller } from './grow-filesystem.ts';
import type { NodeDeps } from './node-deps.ts';
import { unmountLeftOver } from './own-mounts.ts';
import { assertNotReadonly } from './readonly-filesystem.ts';
import { setDeviceAccess } from './stage-device.ts';
import type { MountUse, VolumeUse } from './stage-request.ts';

interface Staging {
  readonly use: VolumeUse;
  readonly mount: MountUse;
  readonly path: string;
  /** Whether its format may be repeated. */
  readonly notes: FormatNotes;
}

/**
 * Mounts the volume's file system on the staging path, made first where the device is blank, and grown where the
 * device is larger. Mounted already just so: a success.
 * @throws NodeError `conflict` staged there in another way · `precondition` something else is mounted there, or the
 * file system takes no writes, or must not be used
 */
export async function stageFilesystem(
  deps: NodeDeps,
  device: AttachedDevice,
  staging: Staging,
  context: CallContext,
): Promise<void> {
  await unmountLeftOver(deps, staging.use.id, staging.path, context);
  const shown = await new DeviceMounts(deps.mounts, deps.files).at(staging.path, device);
  const filesystemBytes =
    shown.what === 'nothing'
      ? await mountVolume(deps, device, staging, context)
      : await stagedBytes(deps, device, staging, shown, context);
  if (staging.use.readonly || !isSmaller(filesystemBytes, device)) return;
  const place = { filesystem: staging.mount.filesystem, mountPoint: staging.path };
  try {
    await growFilesystem(deps, device, place, context);
  } catch (error) {
    // What this call has mounted it takes away: kubelet takes a refusal for "not staged", and never unstages; the volume
    // would be unpublished and deleted under the mount.
    if (shown.what === 'nothing') await deps.mounter.unmount(staging.path, context);
    throw error;
  }
}

/** Sees that what is mounted is what is asked for. @returns the file system's size, bytes */
async function stagedBytes(
  deps: NodeDeps,
  device: AttachedDevice,
  { use, mount, path }: Staging,
  shown: { readonly what: string; readonly mount: Mount },
  context: CallContext,
): Promise<bigint> {
  const { filesystem } = mount;
  const staged = shown.mount;
  if (shown.what !== 'filesystem') {
    throw new NodeError(
      'precondition',
      `volume ${use.id}: on its staging path ${path} stands ${staged.source} (${staged.fsType}) instead of ` +
        `${device.path}; unmount that, then stage again`,
    );
  }
  // First, because a file system that lost its writability may show `ro` as another access mode would.
  assertNotReadonly(staged, device);
  if (staged.fsType !== filesystem.type || staged.options.includes('ro') !== use.readonly) {
    throw new NodeError(
      'conflict',
      `volume ${use.id} is staged at ${path} as ${staged.fsType} (${staged.options.join(',')}), asked for is ` +
        `${filesystem.type} ${use.readonly ? 'read-only' : 'read-write'}; unstage it first`,
    );
  }
  const { sizeBytes } = await deps.readDevice(device, context.signal, (reader) =>
    filesystem.superblock(reader, context.signal),
  );
  return sizeBytes;
}

/** @returns the file system's size, bytes */
async function mountVolume(
  deps: NodeDeps,
  attached: AttachedDevice,
  { use, mount, path, notes }: Staging,
  context: CallContext,
): Promise<bigint> {
  const { filesystem, flags } = mount;
  const { readonly } = use;
  const device = await setDeviceAccess(deps, attached, readonly, context);
  const { mayFormat } = use.target;
  const volume = { volumeId: use.id, device, format: filesystem, readonly, mayFormat, notes };
  const superblock = await deps.formatter.prepare(volume, context);
  if (superblock.hasErrors) {
    context.logger.warn({ volumeId: use.id, device: device.path }, 'file system has recorded errors');
  }
  const own = [readonly ? 'ro' : 'rw', ...filesystem.mountOptions(readonly)];
  const options = [...new Set([...own, ...flags])];
  const wanted = { device: device.path, target: path, fsType: filesystem.type, options };
  await deps.mounter.mountFilesystem(wanted, context).catch((error: unknown) => {
    throw readonly ? withReadersRemedy(error) : error;
  });
  await assertTakesWrites(deps, device, path, context);
  return superblock.sizeBytes;
}

/** Of xfs only the mount itself finds out, and the kernel's words do not tell what helps. */
function withReadersRemedy(error: unknown): unknown {
  if (!(error instanceof NodeError) || error.kind !== 'precondition') return error;
  const remedy = 'if it was not unmounted cleanly, stage it read-write once';
  return new NodeError(error.kind, `${error.message}; ${remedy}`, { cause: error });
}

/** A mount that came out read-only is taken away again. */
async function assertTakesWrites(
  deps: NodeDeps,
  device: AttachedDevice,
  path: string,
  context: CallContext,
): Promise<void> {
  const shown = await new DeviceMounts(deps.mounts, deps.files).at(path, device);
  if (shown.what === 'nothing') return;
  try {
    assertNotReadonly(shown.mount, device);
  } catch (error) {
    await deps.mounter.unmount(path, context);
    throw error;
  }
}
