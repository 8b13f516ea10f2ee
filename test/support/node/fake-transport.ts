import type { CallContext } from '../../../src/core/call-context.ts';
import type { ConnectionOptions } from '../../../src/core/storage/connection-options.ts';
import type { NqnNaming } from '../../../src/core/storage/nqn.ts';
import type { Export } from '../../../src/core/storage/volume.ts';
import type { VolumeId } from '../../../src/core/storage/volume-id.ts';
import { NodeError } from '../../../src/node/node-error.ts';
import type {
  AttachedDevice,
  DeviceObservation,
  Standing,
  Transport,
} from '../../../src/node/transports/transport.ts';

interface Disk {
  readonly path: string;
  isReadonly(): boolean;
  unplug(): void;
}

interface Attachment {
  readonly disk: Disk;
  readonly number: string;
  readonly nqn: string;
  sizeBytes: bigint;
}

type Plug = (name: string, number: string) => Disk;

/** A transport whose exports, sizes and outages are what a test says. */
export class FakeTransport implements Transport {
  readonly name = 'loop';
  /** Of an export's storage, bytes; a rescan shows it. Others have the size that the export claims. */
  readonly storageBytes = new Map<string, bigint>();
  readonly #nqns: NqnNaming;
  readonly #plug: Plug;
  /** NQNs whose peer does not answer. */
  readonly dead = new Set<string>();
  /** NQNs that are attached, and whose export was taken back. */
  readonly withdrawn = new Set<string>();
  /** What the storage says of an NQN, where it is not that it is exported. */
  readonly standings = new Map<string, Standing>();
  /** What each attach was to connect with. */
  readonly connections: (ConnectionOptions | undefined)[] = [];
  readonly detached: string[] = [];
  readonly cutOff: string[] = [];
  tidied = 0;
  /** What every look fails with. */
  failure: NodeError | undefined;
  #attachments: Attachment[] = [];
  #count = 0;

  constructor(nqns: NqnNaming, plug: Plug) {
    this.#nqns = nqns;
    this.#plug = plug;
  }

  async attach(
    target: Export,
    _context?: CallContext,
    connection?: ConnectionOptions,
  ): Promise<AttachedDevice> {
    this.connections.push(connection);
    const present = this.#attachments.find(({ nqn }) => nqn === target.nqn);
    if (present) return this.#device(present);
    const number = `7:${this.#count}`;
    const disk = this.#plug(`loop${this.#count}`, number);
    this.#count += 1;
    const sizeBytes = this.storageBytes.get(target.nqn) ?? target.capacityBytes;
    const attachment = { disk, number, nqn: target.nqn, sizeBytes };
    this.#attachments.push(attachment);
    return this.#device(attachment);
  }

  async find(id: VolumeId): Promise<readonly AttachedDevice[]> {
    return (await this.list()).filter((device) => device.volumeId === id);
  }

  async list(): Promise<readonly AttachedDevice[]> {
    if (this.failure) throw this.failure;
    return this.#attachments.map((attachment) => this.#device(attachment));
  }

  observations: readonly DeviceObservation[] = [];

  async observe(): Promise<readonly DeviceObservation[]> {
    if (this.failure) throw this.failure;
    return this.observations;
  }

  async rescan(device: AttachedDevice): Promise<AttachedDevice> {
    const attachment = this.#attachments.find(({ nqn }) => nqn === device.nqn);
    if (!attachment) throw new NodeError('not-found', `${device.nqn} is not attached`);
    attachment.sizeBytes = this.storageBytes.get(device.nqn) ?? attachment.sizeBytes;
    return this.#device(attachment);
  }

  async detach(device: AttachedDevice): Promise<void> {
    this.detached.push(device.nqn);
    this.lose(device.nqn);
  }

  async standing(of: { readonly nqn: string }): Promise<Standing> {
    return this.standings.get(of.nqn) ?? { state: 'exported' };
  }

  async cut(device: AttachedDevice): Promise<void> {
    if (!this.dead.has(device.nqn)) throw new NodeError('in-use', `${device.nqn} is live`);
    this.cutOff.push(device.nqn);
    this.lose(device.nqn);
  }

  async tidy(): Promise<void> {
    this.tidied += 1;
  }

  /** The device goes, whoever uses it. */
  lose(nqn: string): void {
    for (const { disk } of this.#attachments.filter((attachment) => attachment.nqn === nqn)) disk.unplug();
    this.#attachments = this.#attachments.filter((attachment) => attachment.nqn !== nqn);
  }

  size(path: string): bigint {
    return this.#attachments.find(({ disk }) => disk.path === path)?.sizeBytes ?? 0n;
  }

  #device({ disk, number, nqn, sizeBytes }: Attachment): AttachedDevice {
    const named = this.#nqns.parse(nqn);
    if (!named) throw new NodeError('invalid', nqn);
    return {
      path: disk.path,
      number,
      nqn,
      volumeId: named.id,
      epoch: named.epoch,
      sizeBytes,
      readonly: disk.isReadonly(),
      live: !this.dead.has(nqn),
      ...(this.withdrawn.has(nqn) && { withdrawn: true }),
    };
  }
}
