import { z } from 'zod';
import type {
  VolumeContentSource,
  VolumeContentSource_SnapshotSource,
  VolumeContentSource_VolumeSource,
} from '../generated/csi.ts';
import { objectId } from './fields.ts';
import { message } from './rule.ts';

const type = z.discriminatedUnion(
  '$case',
  [
    z.object({
      $case: z.literal('snapshot'),
      snapshot: message<VolumeContentSource_SnapshotSource>({ snapshotId: objectId }),
    }),
    z.object({
      $case: z.literal('volume'),
      volume: message<VolumeContentSource_VolumeSource>({ volumeId: objectId }),
    }),
  ],
  { error: 'is required: snapshot or volume' },
);

export const optionalContentSource = message<VolumeContentSource>({ type }).optional();
