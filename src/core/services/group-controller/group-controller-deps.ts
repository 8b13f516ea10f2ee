import type { StorageBackend } from '../../storage/storage-backend.ts';

/** What the group controller's RPCs are made of. */
export interface GroupControllerDeps {
  readonly backend: StorageBackend;
  readonly driverName: string;
  /** The slot that a group snapshot of this CSI name has or would have. */
  readonly slotOf: (csiName: string) => string;
}
