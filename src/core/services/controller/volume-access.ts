import { VolumeCapability_AccessMode_Mode as Mode, type VolumeCapability } from '../../csi/generated/csi.ts';
import type { PublishAccess } from '../../storage/volume.ts';

/** Each CSI access mode as the port's sharing; the one mode that is missing here is not supported. */
const ACCESS: Partial<Record<Mode, PublishAccess>> = {
  [Mode.SINGLE_NODE_WRITER]: { sharing: 'single', readonly: false },
  [Mode.SINGLE_NODE_SINGLE_WRITER]: { sharing: 'single', readonly: false },
  [Mode.SINGLE_NODE_MULTI_WRITER]: { sharing: 'single', readonly: false },
  [Mode.SINGLE_NODE_READER_ONLY]: { sharing: 'single', readonly: true },
  [Mode.MULTI_NODE_READER_ONLY]: { sharing: 'multi', readonly: true },
  [Mode.MULTI_NODE_MULTI_WRITER]: { sharing: 'multi', readonly: false },
};

/** The access that a capability stands for, or in words why it cannot be had. */
export function volumeAccess(capability: VolumeCapability): PublishAccess | string {
  const mode = capability.accessMode?.mode ?? Mode.UNKNOWN;
  const access = ACCESS[mode];
  if (!access) {
    return (
      `access mode ${Mode[mode]} is not supported: one writer beside several readers would need a cluster ` +
      'file system; use SINGLE_NODE_WRITER, MULTI_NODE_READER_ONLY, or MULTI_NODE_MULTI_WRITER with raw block'
    );
  }
  if (access.sharing === 'multi' && !access.readonly && capability.accessType?.$case !== 'block') {
    return (
      'access mode MULTI_NODE_MULTI_WRITER is supported for raw block only: two nodes that mount one file ' +
      'system destroy it; use volumeMode Block, or ReadWriteOnce'
    );
  }
  return access;
}

/** The first reason why a list of capabilities cannot be had; undefined where all can. */
export function unsupportedCapability(capabilities: readonly VolumeCapability[]): string | undefined {
  return capabilities.map(volumeAccess).find((access) => typeof access === 'string');
}
