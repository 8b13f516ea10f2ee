import { randomBytes } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { NqnNaming } from '../../../src/core/storage/nqn.ts';
import { isEpoch, type VolumeId, volumeId } from '../../../src/core/storage/volume-id.ts';
import type { NvmeExport } from '../../../src/node/transports/nvme/connections.ts';
import { sh } from '../../host/support/shell.ts';
import { nvmet } from '../../simulator/nvmet/nvmet.ts';
import { requireGuest } from './guest.ts';

export const NQNS = new NqnNaming('nqn.2026-11.test.vm');
const FIRST_PORT = 4420;

export const POOL = '/srv/pool';

/** Makes the scratch disk the pool. */
export function mountPool(): void {
  mount('mkfs.ext4', '-q', '-O', '^has_journal', '-E', 'lazy_itable_init=1');
}

/** As {@link mountPool}, with subvolumes. */
export function mountBtrfsPool(): void {
  mount('mkfs.btrfs', '-q');
}

function mount(...mkfs: [string, ...string[]]): void {
  requireGuest();
  mkdirSync(POOL, { recursive: true });
  sh(...mkfs, '/dev/vda');
  sh('mount', '/dev/vda', POOL);
}

/** Plays the storage: images in a pool on the scratch disk, each exported on a port of its own. */
export class Appliance {
  #volumes = 0;

  constructor() {
    mountPool();
  }

  /** A new, blank volume, published on a port of its own, or on one that others have too. */
  newVolume(bytes: bigint, addresses: readonly string[] = ['127.0.0.1'], port?: number): ApplianceVolume {
    this.#volumes += 1;
    return new ApplianceVolume(this.#volumes, bytes, addresses, port ?? FIRST_PORT + this.#volumes);
  }
}

/** A volume on the storage, and its export in the current epoch. */
export class ApplianceVolume {
  readonly id: VolumeId;
  readonly image: string;
  target: NvmeExport;
  readonly #portIds: readonly number[];
  /** The same in all epochs, as a storage may have it that names a disk and not an export. */
  readonly #uuid = sh('cat', '/proc/sys/kernel/random/uuid');
  #bytes: bigint;

  constructor(
    number: number,
    bytes: bigint,
    readonly addresses: readonly string[],
    readonly port: number,
  ) {
    this.id = volumeId('rds', `csi-${number}`);
    this.image = `${POOL}/${number}.img`;
    this.#bytes = bytes;
    writeFileSync(this.image, '');
    truncateSync(this.image, Number(bytes));
    this.#portIds = addresses.map((_, index) => port * 10 + index);
    for (const [index, address] of addresses.entries()) {
      nvmet.addPort({ id: port * 10 + index, address, port });
    }
    this.target = this.publish();
  }

  /** Exports the volume in a new epoch. */
  publish(options: { allowedHost?: string } = {}): NvmeExport {
    const epoch = randomBytes(8).toString('hex');
    if (!isEpoch(epoch)) throw new Error(epoch);
    const nqn = NQNS.forExport(this.id, epoch);
    const allowedHosts = options.allowedHost === undefined ? [] : [options.allowedHost];
    nvmet.addSubsystem(nqn, this.image, { allowedHosts, uuid: this.#uuid });
    const { addresses, port } = this;
    const where = { transport: 'nvme-tcp', addresses, port, namespaceId: 1 } as const;
    this.target = { nqn, epoch, capacityBytes: this.#bytes, mayFormat: true, ...where };
    this.restore();
    return this.target;
  }

  /** The storage is away for this volume: its port refuses. */
  withdraw(): void {
    for (const id of this.#portIds) nvmet.unlink(id, this.target.nqn);
  }

  /** As {@link withdraw}, but at the first of its addresses only. */
  withdrawFirst(): void {
    for (const id of this.#portIds.slice(0, 1)) nvmet.unlink(id, this.target.nqn);
  }

  restore(): void {
    for (const id of this.#portIds) nvmet.link(id, this.target.nqn);
  }

  /** Drops whoever is connected, and forgets the epoch. */
  unpublish(): void {
    this.withdraw();
    nvmet.removeSubsystem(this.target.nqn);
  }

  /** Another subsystem on this volume's ports: they answer, and have not what is asked for. */
  keepPortsOpen(): void {
    const nqn = `nqn.2026-11.test.other:${this.port}`;
    const image = `${this.image}.other`;
    writeFileSync(image, '');
    truncateSync(image, 1 << 20);
    nvmet.addSubsystem(nqn, image);
    for (const id of this.#portIds) nvmet.link(id, nqn);
  }

  grow(bytes: bigint, options: { told: boolean } = { told: true }): void {
    truncateSync(this.image, Number(bytes));
    this.#bytes = bytes;
    this.target = { ...this.target, capacityBytes: bytes };
    if (options.told) nvmet.revalidate(this.target.nqn);
  }
}
