import { createHash } from 'node:crypto';

declare const brand: unique symbol;
type Branded<T, B> = T & { readonly [brand]: B };

/** The CSI volume handle, `<appliance>/<slot>`. */
export type VolumeId = Branded<string, 'VolumeId'>;
/** The CSI snapshot handle, `<appliance>/<slot>`. */
export type SnapshotId = Branded<string, 'SnapshotId'>;
/** The CSI node id: 1 to {@link NODE_ID_MAX_LENGTH} characters of `[A-Za-z0-9._-]`. */
export type NodeId = Branded<string, 'NodeId'>;
/** 64 random bits as 16 lower-case hex digits: names one period of publication, never counted up. */
export type Epoch = Branded<string, 'Epoch'>;

/** So that two node ids fit into a RouterOS comment of 255 bytes (the record) beside the rest. */
export const NODE_ID_MAX_LENGTH = 63;
/** Of the slots that we give. RouterOS refuses longer ones (seen on an RDS2216 with 7.24). */
const SLOT_MAX_LENGTH = 32;
/** Of slots that were there before us: another driver's are `pvc-<uuid>`, of 40 characters. */
const FOREIGN_SLOT_MAX_LENGTH = 64;
const SLOT_PREFIX = 'csi-';

const APPLIANCE = '[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?';
const SLOT = `[A-Za-z0-9][A-Za-z0-9._-]{0,${FOREIGN_SLOT_MAX_LENGTH - 1}}`;
const APPLIANCE_PATTERN = new RegExp(`^${APPLIANCE}$`);
const HANDLE_PATTERN = new RegExp(`^(${APPLIANCE})/(${SLOT})$`);
const NODE_ID_PATTERN = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${NODE_ID_MAX_LENGTH - 1}}$`);
const EPOCH_PATTERN = /^[0-9a-f]{16}$/;

export interface Handle {
  readonly appliance: string;
  readonly slot: string;
}

/**
 * The slot of a volume or snapshot: `csi-` and 28 characters (140 bits) of a hash of its cluster and its CSI
 * name. The same name always gives the same slot, so that idempotency needs no index.
 */
export function slotFor(clusterId: string, name: string): string {
  const digest = createHash('sha256').update(clusterId).update('\0').update(name).digest();
  return SLOT_PREFIX + base32(digest).slice(0, SLOT_MAX_LENGTH - SLOT_PREFIX.length);
}

/** What {@link slotFor} gives, as part of a regular expression. */
export const OWN_SLOT = 'csi-[a-z2-7]{28}';
const OWN_SLOT_PATTERN = new RegExp(`^${OWN_SLOT}$`);
/** Whether a slot has the form of those that we give. */
export const isOwnSlot = (slot: string): boolean => OWN_SLOT_PATTERN.test(slot);

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 base 32 in lower case without padding: safe in slots, paths and NQNs alike. */
function base32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  let text = '';
  for (let at = 0; at + 5 <= bits.length; at += 5) text += BASE32[Number.parseInt(bits.slice(at, at + 5), 2)];
  return text;
}

export const isApplianceName = (text: string): boolean => APPLIANCE_PATTERN.test(text);
export const isNodeId = (text: string): text is NodeId => NODE_ID_PATTERN.test(text);
export const isEpoch = (text: string): text is Epoch => EPOCH_PATTERN.test(text);

export const volumeId = (appliance: string, slot: string): VolumeId => `${appliance}/${slot}` as VolumeId;
export const snapshotId = (appliance: string, slot: string): SnapshotId =>
  `${appliance}/${slot}` as SnapshotId;

/** Takes a handle apart; undefined where the text has not the form of one (so it cannot be one of ours). */
export function parseHandle(text: string): Handle | undefined {
  const match = HANDLE_PATTERN.exec(text);
  return match?.[1] && match[2] ? { appliance: match[1], slot: match[2] } : undefined;
}
