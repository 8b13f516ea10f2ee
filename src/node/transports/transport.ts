import type { CallContext } from '../../core/call-context.ts';
import type { Export } from '../../core/storage/volume.ts';
import type { Epoch, VolumeId } from '../../core/storage/volume-id.ts';

/** A block device of ours on this node, known by the exact NQN it is attached under. */
export interface AttachedDevice {
  /** Such as `/dev/loop3`. Never stable: look it up again for each operation. */
  readonly path: string;
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
}

/**
 * How a volume's export becomes a block device of this node. Looks, never remembers: each answer comes from the
 * kernel's own tables at the time of the call. Touches only devices whose NQN stands under our base.
 */
export interface Transport {
  readonly name: Export['transport'];
  /**
   * Attaches the export, or finds it attached. Does not look for other epochs of the volume.
   * @throws NodeError `not-found` no such export · `unavailable` the peer cannot be reached
   */
  attach(target: Export, context: CallContext): Promise<AttachedDevice>;
  /** All devices of a volume, in any epoch; normally none or one. */
  find(id: VolumeId, context: CallContext): Promise<readonly AttachedDevice[]>;
  /** All devices under our base. */
  list(context: CallContext): Promise<readonly AttachedDevice[]>;
  /** Makes the kernel read the size anew, and gives the device with the size it has then. */
  rescan(device: AttachedDevice, context: CallContext): Promise<AttachedDevice>;
  /**
   * Detaches, and returns only when the kernel has let the device go. The caller has proven that nothing mounts
   * or holds it (`devices/device-usage.ts`). An absent device is a success.
   * @throws NodeError `in-use`, `timeout`
   */
  detach(device: AttachedDevice, context: CallContext): Promise<void>;
}
