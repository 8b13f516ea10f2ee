import type { DeviceFiles, FileIdentity } from '../../../src/node/devices/device-files.ts';
import { NodeError } from '../../../src/node/node-error.ts';

/** Files that are what a test says; all others do not exist. */
export class FakeDeviceFiles implements DeviceFiles {
  readonly known = new Map<string, FileIdentity>();
  /** Paths of devices that somebody claims. */
  readonly held = new Set<string>();

  addBlock(path: string, number: string): void {
    this.known.set(path, { kind: 'block', inode: `0:6:${path}`, number });
  }

  async identify(path: string): Promise<FileIdentity> {
    const found = this.known.get(path);
    if (!found) throw new NodeError('not-found', `${path} does not exist`);
    return found;
  }

  async isHeldExclusively(path: string): Promise<boolean> {
    await this.identify(path);
    return this.held.has(path);
  }
}
