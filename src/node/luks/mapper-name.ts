import { createHash } from 'node:crypto';
import { type Epoch, parseHandle, type VolumeId } from '../../core/storage/volume-id.ts';

/** What stands in front of every name of ours in device-mapper. */
const PREFIX = 'rose-csi-';
const DIGEST_LENGTH = 8;
const FORM = /^rose-csi-[A-Za-z0-9][A-Za-z0-9._-]{0,31}-[0-9a-f]{8}-[0-9a-f]{16}$/;

/**
 * The name of a volume's opened device in one epoch: the slot for people, a digest of the whole id because two
 * appliances may have the same slot, and the epoch, so that what is left of an older one takes nobody's place. At most
 * 67 characters: device-mapper's uuid has room for 83 of them (linux/dm-ioctl.h, DM_UUID_LEN; `CRYPT-LUKS2-<32>-`).
 */
export const mapperName = (id: VolumeId, epoch: Epoch): string => `${mapperPrefix(id)}${epoch}`;

/** What all epochs of a volume have in common. */
export function mapperPrefix(id: VolumeId): string {
  const slot = parseHandle(id)?.slot ?? '';
  const digest = createHash('sha256').update(id).digest('hex').slice(0, DIGEST_LENGTH);
  return `${PREFIX}${slot}-${digest}-`;
}

/** Whether it is the name of some volume's opened device. */
export const isMapperName = (name: string): boolean => FORM.test(name);
