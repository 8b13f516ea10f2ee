import type { CallContext } from '../../core/call-context.ts';
import type { ErrorKind } from '../../core/driver-error.ts';
import type { ConnectionOptions } from '../../core/storage/connection-options.ts';
import type { Export } from '../../core/storage/volume.ts';
import type { Epoch, VolumeId } from '../../core/storage/volume-id.ts';
import type { IoCounters } from '../devices/io-counters.ts';

/** A block device of ours on this node, known by the exact NQN it is attached under. */
export interface AttachedDevice {
  /** Such as `/dev/loop3`. Never stable: look it up again for each operation. */
  readonly path: string;
  /** Other paths of its node, such as device-mapper's; programs show either. */
  readonly aliases?: readonly string[];
  /** `major:minor`, as in sysfs' `dev` and in mountinfo. */
  readonly number: string;
  readonly nqn: string;
  readonly volumeId: VolumeId;
  readonly epoch: Epoch;
  /** The size the kernel gives the device now, bytes. */
  readonly sizeBytes: bigint;
  readonly readonly: boolean;
  /** False: the peer does not answer, so nothing may wait on the device (no umount, no sync). */
  readonly live: boolean;
  /** True: it works, but its export is gone for good; nobody will ask for it again. */
  readonly withdrawn?: true;
}

/** What the kernel says of a device at one moment. */
export interface DeviceObservation {
  readonly volumeId: VolumeId;
  readonly io: IoCounters;
  /** The state of each of its connections, such as `live`. */
  readonly connections: readonly string[];
  /** How often one of them was lost and came back; undefined: not known. */
  readonly reconnects?: number;
}

/** Every path that a program may know the device by. */
export const pathsOf = ({ path, aliases = [] }: AttachedDevice): readonly string[] => [path, ...aliases];

/**
 * What the storage says of an export now: it is there · the storage answers, and says that it has no such export, or
 * none for this node · no answer, or none that says either.
 */
export type Standing =
  | { readonly state: 'exported' }
  | { readonly state: 'refused'; readonly why: 'unknown' | 'not-allowed'; readonly reason: string }
  | { readonly state: 'away'; readonly reason: string };

/** The kind of error that an attach ends with where the storage says so. */
export function refusalKind(standing: Exclude<Standing, { state: 'exported' }>): ErrorKind {
  if (standing.state === 'away') return 'unavailable';
  return standing.why === 'unknown' ? 'not-found' : 'permission';
}

/**
 * How a volume's export becomes a block device of this node. Looks, never remembers: each answer comes from the
 * kernel's own tables at the time of the call. Touches only devices whose NQN stands under our base.
 */
export interface Transport {
  readonly name: Export['transport'];
  /**
   * Attaches the export, or finds it attached. Does not look for other epochs of the volume.
   * @param connection what a connection is made with, where one has to be made; default: the defaults
   * @throws NodeError `not-found` no such export · `unavailable` the peer cannot be reached
   */
  attach(target: Export, context: CallContext, connection?: ConnectionOptions): Promise<AttachedDevice>;
  /** All devices of a volume, in any epoch; normally none or one. */
  find(id: VolumeId, context: CallContext): Promise<readonly AttachedDevice[]>;
  /** All devices under our base. */
  list(context: CallContext): Promise<readonly AttachedDevice[]>;
  /** As {@link list}, with what each has done and how it is connected; nothing that could wait is touched. */
  observe(): Promise<readonly DeviceObservation[]>;
  /** Makes the kernel read the size anew, and gives the device with the size it has then. */
  rescan(device: AttachedDevice, context: CallContext): Promise<AttachedDevice>;
  /**
   * Detaches, and returns only when the kernel has let the device go. The caller has proven that nothing mounts
   * or holds it (`devices/device-usage.ts`). An absent device is a success.
   * @throws NodeError `in-use`, `timeout`
   */
  detach(device: AttachedDevice, context: CallContext): Promise<void>;
  /**
   * Asks the storage itself, without touching what is attached.
   * @throws NodeError `not-found` the device is not attached any more
   */
  standing(of: Export | AttachedDevice, context: CallContext): Promise<Standing>;
  /**
   * Takes a device away from whoever uses it, so that what waits on it fails instead of waiting for ever. The caller
   * has proven that its epoch is dead; what was not written is lost. An absent device is a success.
   * @throws NodeError `in-use` it is live · `timeout`
   */
  cut(device: AttachedDevice, context: CallContext): Promise<void>;
  /** Removes what is left of attachments under our base that never became a device. */
  tidy(context: CallContext): Promise<void>;
}
