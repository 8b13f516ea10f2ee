import { z } from 'zod';
import {
  VolumeCapability_AccessMode_Mode as Mode,
  type VolumeCapability,
  type VolumeCapability_AccessMode,
  type VolumeCapability_MountVolume,
} from '../generated/csi.ts';
import { optionalText } from './fields.ts';
import { mountFlags } from './mount-flags.ts';
import { checked, message, text } from './rule.ts';

/** The file systems that the driver makes and mounts; the first one is the default. */
export const FILE_SYSTEMS = ['ext4', 'xfs', 'btrfs'] as const;

const LISTS_MAX = 128;

const KNOWN_MODES = Object.values(Mode).filter(
  (mode): mode is Mode => typeof mode === 'number' && mode !== Mode.UNKNOWN && mode !== Mode.UNRECOGNIZED,
);
const MODES_ALLOWED = KNOWN_MODES.map((mode) => Mode[mode]).join(', ');

const fsType = text(`${FILE_SYSTEMS.join(', ')}, or nothing for ${FILE_SYSTEMS[0]}`, (value) =>
  value === '' || FILE_SYSTEMS.some((known) => known === value) ? undefined : 'is not a known file system',
);

const mount = message<VolumeCapability_MountVolume>({ fsType, mountFlags, volumeMountGroup: optionalText });

const accessMode = message<VolumeCapability_AccessMode>({
  mode: checked(z.number(), MODES_ALLOWED, (value) =>
    KNOWN_MODES.some((mode) => mode === value) ? [] : [{ fault: 'is not a known access mode' }],
  ),
});

const accessType = z.discriminatedUnion(
  '$case',
  [
    z.object({ $case: z.literal('block'), block: z.object({}) }),
    z.object({ $case: z.literal('mount'), mount }),
  ],
  { error: 'is required: block or mount' },
);

export const volumeCapability = message<VolumeCapability>({ accessType, accessMode });

export const optionalVolumeCapability = volumeCapability.optional();

const capabilityList = checked(z.array(volumeCapability), `up to ${LISTS_MAX}`, (value) =>
  value.length > LISTS_MAX ? [{ fault: `has ${value.length} entries` }] : [],
);

export const volumeCapabilities = checked(capabilityList, 'at least one', (value) =>
  value.length === 0 ? [{ fault: 'is required' }] : [],
);

export const optionalVolumeCapabilities = capabilityList;
