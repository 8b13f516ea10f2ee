import type { Epoch } from './volume-id.ts';
import { isEpoch, parseHandle, type VolumeId, volumeId } from './volume-id.ts';

/** NVM Express Base Specification 2.0, section 4.5: at most 223 bytes and a date-and-domain form. */
const NQN_MAX_LENGTH = 223;
const NQN_BASE_PATTERN = /^nqn\.\d{4}-\d{2}\.[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[A-Za-z0-9._-]+)*$/;
/** Room for `:<appliance>.<slot>.<epoch>` behind the base. */
const NQN_BASE_MAX_LENGTH = NQN_MAX_LENGTH - (1 + 32 + 1 + 64 + 1 + 16);

export const isNqnBase = (text: string): boolean =>
  text.length <= NQN_BASE_MAX_LENGTH && NQN_BASE_PATTERN.test(text);

/**
 * The names of our exports: `<base>:<appliance>.<slot>.<epoch>`. A node finds its device by the exact NQN, a
 * node that lost the volume asks for an NQN that no longer exists, and nothing outside of the base is ours.
 */
export class NqnNaming {
  constructor(private readonly base: string) {}

  forExport(id: VolumeId, epoch: Epoch): string {
    return `${this.prefix(id)}${epoch}`;
  }

  /** What every epoch's NQN of a volume starts with: unstage has no publish context and finds its device so. */
  prefix(id: VolumeId): string {
    const handle = parseHandle(id);
    if (!handle) throw new TypeError(`not a volume id: ${id}`);
    return `${this.base}:${handle.appliance}.${handle.slot}.`;
  }

  /** What the NQNs of all volumes of an appliance start with. */
  appliancePrefix(appliance: string): string {
    return `${this.base}:${appliance}.`;
  }

  /** The volume and epoch behind an NQN; undefined where it is not one of ours. */
  parse(nqn: string): { id: VolumeId; epoch: Epoch } | undefined {
    if (!nqn.startsWith(`${this.base}:`)) return undefined;
    const name = nqn.slice(this.base.length + 1);
    const first = name.indexOf('.');
    const last = name.lastIndexOf('.');
    const epoch = name.slice(last + 1);
    const id = volumeId(name.slice(0, first), name.slice(first + 1, last));
    return first > 0 && last > first && isEpoch(epoch) && parseHandle(id) ? { id, epoch } : undefined;
  }
}
