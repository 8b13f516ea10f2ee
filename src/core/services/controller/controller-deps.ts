import type { Fleet } from '../../storage/fleet.ts';
import type { NodeId } from '../../storage/volume-id.ts';
import type { Placement } from './placement.ts';
import type { PublicationObserver } from './publication-observer.ts';

/** What the controller's RPCs are made of. */
export interface ControllerDeps {
  readonly fleet: Fleet;
  readonly placement: Placement;
  /** The slot that a snapshot of this CSI name has or would have. */
  readonly snapshotSlotOf: (csiName: string) => string;
  readonly nodes: NodeDirectory;
  readonly driverName: string;
  /** Told of the number of volumes on each appliance whenever one list holds them all, as the attacher asks every minute. */
  readonly volumeCount: { set(appliance: string, volumes: number): void };
  /** undefined: nobody has to be told. */
  readonly publications?: PublicationObserver;
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

/** Keeps the last counts for the metrics. */
export class VolumeCount {
  private readonly counts = new Map<string, number>();

  /** undefined before the first complete list. */
  last(appliance: string): number | undefined {
    return this.counts.get(appliance);
  }

  set(appliance: string, volumes: number): void {
    this.counts.set(appliance, volumes);
  }
}
