import type { StorageBackend } from '../../storage/storage-backend.ts';
import type { NodeId } from '../../storage/volume-id.ts';

/** What the controller's RPCs are made of. */
export interface ControllerDeps {
  readonly backend: StorageBackend;
  readonly nodes: NodeDirectory;
  readonly driverName: string;
  /** Told of the number of volumes whenever one list holds them all, as the attacher asks every minute. */
  readonly volumeCount: { set(volumes: number): void };
}

/** Which nodes exist, as far as this process can know. */
export interface NodeDirectory {
  knows(node: NodeId): boolean;
}

/** The one-machine driver (mode `all`): there is this node and no other. */
export class LocalNode implements NodeDirectory {
  constructor(private readonly node: NodeId) {}

  knows(node: NodeId): boolean {
    return node === this.node;
  }
}

/** A controller that has no list of nodes takes the orchestrator's word. */
export class AnyNode implements NodeDirectory {
  knows(): boolean {
    return true;
  }
}

/** Keeps the last count for the metrics. */
export class VolumeCount {
  /** undefined before the first complete list. */
  last: number | undefined;

  set(volumes: number): void {
    this.last = volumes;
  }
}
