import { DriverError } from '../core/driver-error.ts';

/** What the node's rooms throw: kinds as at the storage port, so that the edge has one table for both. */
export class NodeError extends DriverError {}
