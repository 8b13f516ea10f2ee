import { DriverError } from '../driver-error.ts';

/** What a `StorageBackend` throws, and nothing else. */
export class BackendError extends DriverError {}
