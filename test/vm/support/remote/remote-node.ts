import { dirname } from 'node:path';
import { type CsiClient, connectCsi } from '../../../../src/core/csi/client.ts';
import type { VolumeCapability } from '../../../../src/core/csi/generated/csi.ts';
import { type UsableVolume, VolumeCalls } from '../volume-calls.ts';
import { CSI_PORT } from './protocol.ts';
import type { Remote } from './remote.ts';

/** The driver on another guest, reached by its CSI socket. */
export class RemoteNode {
  private constructor(
    readonly name: string,
    readonly guest: Remote,
    readonly folder: string,
    private readonly csi: CsiClient,
  ) {}

  static async start(guest: Remote, name: string): Promise<RemoteNode> {
    const folder = await guest.within(120_000, 'startDriver', { NODE_NAME: name });
    return new RemoteNode(name, guest, folder, connectCsi(`ipv4:${guest.address}:${CSI_PORT}`));
  }

  get client() {
    return this.csi.node;
  }

  /** @param pod told apart from others of the same volume by its name */
  async use<Volume extends UsableVolume>(volume: Volume, capability: VolumeCapability, pod = '') {
    const used = new VolumeCalls(this, volume, capability, pod);
    for (const folder of [used.staging, dirname(used.published)]) await this.guest.call('makeFolder', folder);
    return used;
  }

  /** Ends the driver, and its guest. */
  async end(): Promise<void> {
    this.csi.close();
    await this.guest.end();
  }
}
