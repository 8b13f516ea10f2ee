import { join } from 'node:path';
import { addIo, type IoCounters, NO_IO, readIoCounters } from '../../devices/io-counters.ts';
import { readAttribute, readNames, writeAttribute } from '../../devices/sysfs.ts';
import { NodeError } from '../../node-error.ts';
import { type Portal, parseControllerAddress } from './portal.ts';

/** One connection to a subsystem. */
export interface NvmeController {
  /** Such as `nvme3`; given again to others. */
  readonly name: string;
  /** `live`, `connecting`, `resetting`, `deleting` and others (nvme_sysfs_show_state). */
  readonly state: string;
  readonly portal: Portal | undefined;
}

/** A block device of a subsystem. */
export interface NvmeNamespace {
  /** Such as `nvme3n1`. */
  readonly name: string;
  readonly namespaceId: number;
  /** `major:minor`. */
  readonly number: string;
}

export interface NvmeSubsystem {
  readonly nqn: string;
  readonly controllers: readonly NvmeController[];
  readonly namespaces: readonly NvmeNamespace[];
}

const CONTROLLER = /^nvme\d+$/;
/** Never `nvmeXcYnZ`: that is one path to a namespace, hidden behind the device. */
const PATH = /^nvme\d+c\d+n\d+$/;
const NAMESPACE = /^nvme\d+n\d+$/;

/** How long the kernel may take to let a connection go, ms; 0.1 to 0.3 s on an emulated machine. */
export const GONE_MS = 15_000;

/** A controller that carries I/O, or will again by itself. */
export const isUsable = ({ state }: NvmeController): boolean =>
  state !== 'dead' && !state.startsWith('deleting');

export const isLive = ({ controllers }: NvmeSubsystem): boolean =>
  controllers.some(({ state }) => state === 'live');

/** The NVMe subsystems that this node is connected to, by sysfs; read anew at every call. */
export class NvmeSubsystems {
  readonly #sys: string;

  /** @param sys normally `/sys` */
  constructor(sys: string) {
    this.#sys = sys;
  }

  /**
   * The subsystems whose NQN is accepted; of others nothing but the NQN is read. Those that are nothing but a name
   * any more (a mount keeps them) are left out.
   * @throws NodeError `unavailable`
   */
  async list(accept: (nqn: string) => boolean): Promise<readonly NvmeSubsystem[]> {
    const folder = join(this.#sys, 'class', 'nvme-subsystem');
    const names = (await readNames(folder)) ?? (await this.#without(folder));
    const found = await Promise.all(names.map((name) => this.#read(join(folder, name), accept)));
    return found.filter((subsystem) => subsystem !== undefined);
  }

  /** @throws NodeError `unavailable` */
  async get(nqn: string): Promise<NvmeSubsystem | undefined> {
    const [found] = await this.list((candidate) => candidate === nqn);
    return found;
  }

  /**
   * Whether the kernel makes one device of several connections (`nvme_core.multipath`); without, each connection
   * has a device of its own.
   * @throws NodeError `unavailable`
   */
  async hasMultipath(): Promise<boolean> {
    const path = join(this.#sys, 'module', 'nvme_core', 'parameters', 'multipath');
    return (await readAttribute(path)) === 'Y';
  }

  /**
   * What the paths to the subsystem's devices have done, all together: kernels before 6.3 count nothing for the device
   * that stands before them (nvme_mpath_start_request).
   * @throws NodeError `unavailable`, `protocol`
   */
  async pathsIo({ controllers }: NvmeSubsystem): Promise<IoCounters> {
    const folders = controllers.map(({ name }) => join(this.#sys, 'class', 'nvme', name));
    const paths = await Promise.all(
      folders.map(async (folder) =>
        ((await readNames(folder)) ?? []).filter((name) => PATH.test(name)).map((name) => join(folder, name)),
      ),
    );
    const counters = await Promise.all(paths.flat().map(readIoCounters));
    return counters.filter((io) => io !== undefined).reduce(addIo, NO_IO);
  }

  /** Lets the connection go, used or not. False: it is gone. @throws NodeError `unavailable` */
  deleteController(name: string): Promise<boolean> {
    return this.#tell(name, 'delete_controller');
  }

  /** Has the namespaces looked at anew; the kernel does it in its own time. @throws NodeError `unavailable` */
  rescanController(name: string): Promise<boolean> {
    return this.#tell(name, 'rescan_controller');
  }

  #tell(name: string, attribute: string): Promise<boolean> {
    if (!CONTROLLER.test(name)) throw new NodeError('invalid', `'${name}' is no NVMe controller`);
    return writeAttribute(join(this.#sys, 'class', 'nvme', name, attribute), '1');
  }

  /** No such class: the modules are not loaded, unless sysfs itself is absent. */
  async #without(folder: string): Promise<readonly string[]> {
    if (await readNames(join(this.#sys, 'class'))) return [];
    throw new NodeError('unavailable', `${folder} cannot be looked for; is sysfs mounted?`);
  }

  async #read(folder: string, accept: (nqn: string) => boolean): Promise<NvmeSubsystem | undefined> {
    const nqn = await readAttribute(join(folder, 'subsysnqn'));
    if (nqn === undefined || !accept(nqn)) return undefined;
    const names = (await readNames(folder)) ?? [];
    const found = await Promise.all(
      names.filter((name) => CONTROLLER.test(name)).map((name) => this.#controller(join(folder, name), name)),
    );
    const controllers = found.filter((controller) => controller !== undefined);
    const folders = [folder, ...controllers.map(({ name }) => join(folder, name))];
    const namespaces = (await Promise.all(folders.map((place) => this.#namespaces(place)))).flat();
    return controllers.length + namespaces.length === 0 ? undefined : { nqn, controllers, namespaces };
  }

  async #controller(folder: string, name: string): Promise<NvmeController | undefined> {
    const [state, address] = await Promise.all([
      readAttribute(join(folder, 'state')),
      readAttribute(join(folder, 'address')),
    ]);
    return state === undefined ? undefined : { name, state, portal: parseControllerAddress(address ?? '') };
  }

  /** With multipath they stand below the subsystem, without below their controller. */
  async #namespaces(folder: string): Promise<NvmeNamespace[]> {
    const names = ((await readNames(folder)) ?? []).filter((name) => NAMESPACE.test(name));
    const found = await Promise.all(
      names.map(async (name) => {
        const [nsid, number] = await Promise.all([
          readAttribute(join(folder, name, 'nsid')),
          readAttribute(join(folder, name, 'dev')),
        ]);
        const complete = nsid !== undefined && number !== undefined && /^\d+$/.test(nsid);
        return complete ? [{ name, namespaceId: Number(nsid), number }] : [];
      }),
    );
    return found.flat();
  }
}
