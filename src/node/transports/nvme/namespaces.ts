import type { NqnNaming } from '../../../core/storage/nqn.ts';
import type { BlockDevices } from '../../devices/block-devices.ts';
import type { DeviceFiles } from '../../devices/device-files.ts';
import { NodeError } from '../../node-error.ts';
import type { AttachedDevice } from '../transport.ts';
import { isLive, type NvmeNamespace, type NvmeSubsystem } from './subsystems.ts';

interface NamespacesOptions {
  readonly nqns: NqnNaming;
  readonly devices: BlockDevices;
  readonly files: DeviceFiles;
}

/** Turns the namespaces of our subsystems into devices that can be used. */
export class NvmeNamespaces {
  readonly #options: NamespacesOptions;

  constructor(options: NamespacesOptions) {
    this.#options = options;
  }

  /** All of them; empty for a foreign subsystem. @throws NodeError `unavailable`, `protocol` */
  async devices(subsystem: NvmeSubsystem): Promise<readonly AttachedDevice[]> {
    const found = await Promise.all(
      subsystem.namespaces.map((namespace) => this.#device(subsystem, namespace)),
    );
    return found.filter((device) => device !== undefined);
  }

  /**
   * One of them, once its node in the device folder is there too.
   * @throws NodeError `precondition` there are two of it · `unavailable`, `protocol`
   */
  async device(subsystem: NvmeSubsystem, namespaceId: number): Promise<AttachedDevice | undefined> {
    const [namespace, ...more] = subsystem.namespaces.filter((each) => each.namespaceId === namespaceId);
    if (!namespace) return undefined;
    if (more.length > 0) {
      const names = [namespace, ...more].map(({ name }) => name).join(', ');
      throw new NodeError(
        'precondition',
        `${subsystem.nqn} is attached more than once (${names}); disconnect all but one by hand`,
      );
    }
    const device = await this.#device(subsystem, namespace);
    return device && (await this.#hasNode(device)) ? device : undefined;
  }

  async #device(subsystem: NvmeSubsystem, namespace: NvmeNamespace): Promise<AttachedDevice | undefined> {
    const { nqn } = subsystem;
    const named = this.#options.nqns.parse(nqn);
    const device = named && (await this.#options.devices.byNumber(namespace.number));
    if (!device) return undefined;
    return { ...device, nqn, volumeId: named.id, epoch: named.epoch, live: isLive(subsystem) };
  }

  /** A node of that name may be a left-over of another device until the kernel has replaced it. */
  async #hasNode({ path, number }: AttachedDevice): Promise<boolean> {
    try {
      const node = await this.#options.files.identify(path);
      return node.kind === 'block' && node.number === number;
    } catch (error) {
      if (error instanceof NodeError && error.kind === 'not-found') return false;
      throw error;
    }
  }
}
