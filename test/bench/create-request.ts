import { MiB } from '../../src/core/bytes.ts';
import { CreateVolumeRequest, VolumeCapability_AccessMode_Mode } from '../../src/core/csi/generated/csi.ts';

export const RAW_BLOCK = {
  accessType: { $case: 'block', block: {} },
  accessMode: { mode: VolumeCapability_AccessMode_Mode.SINGLE_NODE_WRITER },
} as const;

export const createRequest = (name: string): CreateVolumeRequest =>
  CreateVolumeRequest.fromPartial({
    name,
    capacityRange: { requiredBytes: MiB },
    volumeCapabilities: [RAW_BLOCK],
  });
