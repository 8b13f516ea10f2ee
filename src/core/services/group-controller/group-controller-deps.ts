import type { StorageBackend } from '../../storage/storage-backend.ts';

/** What the group controller's RPCs are made of. */
export interface GroupControllerDeps {
  readonly backend: StorageBackend;
  readonly driverName: string;
}
