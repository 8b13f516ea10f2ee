import { join } from 'node:path';
import type { VolumeCapability } from '../../../src/core/csi/generated/csi.ts';
import { STORAGE } from '../rig/network.ts';
import { mountPool } from './appliance.ts';
import { CsiVolume } from './csi-volume.ts';
import { Node } from './node.ts';
import { until } from './patience.ts';
import { Remote } from './remote/remote.ts';
import { RemoteNode } from './remote/remote-node.ts';
import { SimulatedAppliance } from './simulated-appliance.ts';
import type { UsableVolume, VolumeCalls } from './volume-calls.ts';

/** A cluster: the appliance and the controller on this guest, and a node on each of the others. */
export class TwoNodes {
  private constructor(
    readonly appliance: SimulatedAppliance,
    readonly controller: Node,
    readonly nodes: readonly [RemoteNode, RemoteNode],
  ) {}

  static async start(): Promise<TwoNodes> {
    mountPool();
    const appliance = await SimulatedAppliance.start({}, { address: STORAGE });
    const [controller, [one, two]] = await Promise.all([
      Node.start({ CSI_MODE: 'controller', ...appliance.settings() }),
      Remote.all(),
    ]);
    if (!one || !two) throw new Error('this scenario has two nodes beside it');
    const nodes = await Promise.all([RemoteNode.start(one, 'node-1'), RemoteNode.start(two, 'node-2')]);
    return new TwoNodes(appliance, controller, nodes as [RemoteNode, RemoteNode]);
  }

  create(name: string, bytes: bigint, capability: VolumeCapability): Promise<CsiVolume> {
    return CsiVolume.create(this.controller.controller, { name, bytes, capability });
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end()));
    await this.controller.stop();
    await this.appliance.stop();
  }
}

/** A volume on one of the nodes, in the epoch in which that node got it. */
export type Placed = VolumeCalls<UsableVolume>;

/** Publishes a volume to a node: nothing of it is there yet. */
export async function place(
  node: RemoteNode,
  volume: CsiVolume,
  capability: VolumeCapability,
  pod = '',
): Promise<Placed> {
  const target = await volume.publish(capability, node.name);
  return node.use({ id: volume.id, context: volume.context, target }, capability, pod);
}

/** Publishes a volume to a node, to where a pod would write. */
export async function beginOn(...args: Parameters<typeof place>): Promise<Placed> {
  const used = await place(...args);
  await used.stage();
  await used.publish();
  return used;
}

/** Takes it from the node again. */
export async function endOn(node: RemoteNode, volume: CsiVolume, used: Placed): Promise<void> {
  await used.unpublish();
  await used.unstage();
  await volume.unpublish(node.name);
}

/** A process on a node that writes all the time. */
export class RemoteWriter {
  private constructor(
    private readonly node: RemoteNode,
    private readonly notes: string,
  ) {}

  static async start(node: RemoteNode, folder: string, name: string): Promise<RemoteWriter> {
    const notes = join(node.folder, `notes-${name}`);
    await node.guest.call('startWriter', folder, notes);
    return new RemoteWriter(node, notes);
  }

  state() {
    return this.node.guest.call('writer', this.notes);
  }

  async acknowledged(): Promise<readonly string[]> {
    return (await this.state()).acknowledged;
  }

  /** Waits for so many more acknowledged files. */
  async progress(files: number): Promise<void> {
    const before = (await this.acknowledged()).length;
    await until('the writer goes on', async () => (await this.acknowledged()).length >= before + files);
  }

  failed(): Promise<void> {
    return until('the writer got its error', async () => (await this.state()).error !== '');
  }

  /** @returns the exit code */
  stop(): Promise<number> {
    return this.node.guest.call('stopWriter', this.notes);
  }
}
