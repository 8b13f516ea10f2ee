import type { Fleet } from '../../storage/fleet.ts';

/** What the group controller's RPCs are made of. */
export interface GroupControllerDeps {
  readonly fleet: Fleet;
  readonly driverName: string;
  /** The slot that a group snapshot of this CSI name has or would have. */
  readonly slotOf: (csiName: string) => string;
}
