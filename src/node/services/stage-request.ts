import { connectionOptions } from '../../core/csi/connection-parameters.ts';
import { invalidArgument } from '../../core/csi/csi-error.ts';
import { isEncrypted } from '../../core/csi/encryption-parameter.ts';
import {
  VolumeCapability_AccessMode_Mode as Mode,
  type VolumeCapability,
} from '../../core/csi/generated/csi.ts';
import { decodePublishContext } from '../../core/csi/publish-context.ts';
import { requireVolumeId } from '../../core/services/controller/lookup.ts';
import { volumeAccess } from '../../core/services/controller/volume-access.ts';
import type { ConnectionOptions } from '../../core/storage/connection-options.ts';
import type { Export } from '../../core/storage/volume.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import type { Filesystem } from '../filesystems/filesystem.ts';
import { DEFAULT_FS_TYPE, type Filesystems } from '../filesystems/filesystems.ts';
import { unsupportedMountFlag } from '../filesystems/mount-flags.ts';
import type { NodeDeps } from './node-deps.ts';

/** What stage and publish are asked for, checked. */
export interface VolumeUse {
  readonly id: VolumeId;
  readonly target: Export;
  /** As its StorageClass says, but for what a VolumeAttributesClass changed before it was attached. */
  readonly connection: ConnectionOptions;
  /** By the access mode. */
  readonly readonly: boolean;
  /** Other nodes may have it at the same time. */
  readonly shared: boolean;
  readonly encrypted: boolean;
  /** One target path at a time (ReadWriteOncePod). */
  readonly exclusive: boolean;
  /** undefined: raw block. */
  readonly mount: MountUse | undefined;
}

export interface MountUse {
  readonly filesystem: Filesystem;
  readonly flags: readonly string[];
}

interface UseRequest {
  readonly volumeId: string;
  readonly publishContext: Readonly<Record<string, string>>;
  readonly volumeContext: Readonly<Record<string, string>>;
  readonly volumeCapability: VolumeCapability | undefined;
}

/**
 * @throws BackendError `not-found` no id of ours · CsiError INVALID_ARGUMENT a capability or a context that can
 * never be right
 */
export function volumeUse(request: UseRequest, { nqns, filesystems }: NodeDeps): VolumeUse {
  const id = requireVolumeId(request.volumeId);
  const capability = request.volumeCapability;
  if (!capability?.accessType) throw invalidArgument(`volume ${id}: volume_capability has no access_type`);
  const access = volumeAccess(capability);
  if (typeof access === 'string') throw invalidArgument(`volume ${id}: ${access}`);
  const target = read(id, () => decodePublishContext(request.publishContext));
  const connection = read(id, () => connectionOptions(request.volumeContext, target));
  const named = nqns.parse(target.nqn);
  if (named?.id !== id || named.epoch !== target.epoch) {
    throw invalidArgument(
      `volume ${id}: publish_context.nqn '${target.nqn}' is not of this volume and epoch`,
    );
  }
  return {
    id,
    target,
    connection,
    readonly: access.readonly,
    shared: access.sharing === 'multi',
    encrypted: read(id, () => isEncrypted(request.volumeContext)),
    exclusive: capability.accessMode?.mode === Mode.SINGLE_NODE_SINGLE_WRITER,
    mount: mountUse(id, capability, filesystems),
  };
}

/** A context that can never be right is the caller's fault. */
function read<T>(id: VolumeId, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof RangeError) throw invalidArgument(`volume ${id}: ${error.message}`);
    throw error;
  }
}

function mountUse(
  id: VolumeId,
  { accessType }: VolumeCapability,
  filesystems: Filesystems,
): MountUse | undefined {
  if (accessType?.$case !== 'mount') return undefined;
  const { fsType, mountFlags, volumeMountGroup } = accessType.mount;
  if (volumeMountGroup !== '') {
    throw invalidArgument(
      `volume ${id}: volume_mount_group is not supported; use the CSIDriver's fsGroupPolicy`,
    );
  }
  const fault = unsupportedMountFlag(mountFlags);
  if (fault) throw invalidArgument(`volume ${id}: ${fault}`);
  const filesystem = filesystems.get(fsType || DEFAULT_FS_TYPE);
  if (filesystem) return { filesystem, flags: mountFlags };
  throw invalidArgument(
    `volume ${id}: fs_type '${fsType}' is not supported; known are ${[...filesystems.keys()].join(', ')}`,
  );
}
