import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FabricsDevice } from '../../../src/node/transports/nvme/fabrics-device.ts';
import type { Portal } from '../../../src/node/transports/nvme/portal.ts';
import type { Standing } from '../../../src/node/transports/transport.ts';
import type { FakeDeviceFiles } from './fake-device-files.ts';

/** A subsystem that some storage exports. */
export interface FakeExport {
  sectors: number;
  readonly namespaceId: number;
  /** False: the namespace does not become a device. */
  shown: boolean;
}

interface Connection {
  readonly nqn: string;
  readonly subsystem: string;
  readonly portal: string;
}

/** Nine reads and five writes. Before Linux 6.3 all is counted for the paths, nothing for the device before them. */
const STAT = '9 0 72 90 5 0 40 50 1 100 140';
const NOTHING = '0 0 0 0 0 0 0 0 0 0 0';

export const failureOf = (code: string): Error => Object.assign(new Error(`${code}: a test`), { code });

/** The kernel's half of NVMe/TCP: `/dev/nvme-fabrics`, and the part of /sys that follows from it. */
export class FakeNvme implements FabricsDevice {
  /** What is written to the fabrics device. */
  readonly requests: string[] = [];
  readonly exports = new Map<string, FakeExport>();
  /** By portal `address:port`, or all: what a connect fails with. */
  readonly failures = new Map<string, Error>();
  /** Controllers whose deletion the kernel does not finish. */
  readonly stuck = new Set<string>();
  /** Numbers that are given to new controllers; the smallest free one otherwise. */
  readonly nextInstances: number[] = [];
  readonly #connections = new Map<string, Connection>();

  constructor(
    readonly roots: { readonly sys: string; readonly dev: string },
    private readonly files: FakeDeviceFiles,
    readonly multipath: boolean,
  ) {
    mkdirSync(join(roots.sys, 'class', 'nvme'), { recursive: true });
    mkdirSync(join(roots.sys, 'class', 'nvme-subsystem'), { recursive: true });
    mkdirSync(join(roots.sys, 'dev', 'block'), { recursive: true });
    mkdirSync(join(roots.sys, 'module', 'nvme_core', 'parameters'), { recursive: true });
    this.write('module/nvme_core/parameters/multipath', multipath ? 'Y' : 'N');
  }

  /** Writes an attribute below /sys. */
  write(path: string, value: string): void {
    writeFileSync(join(this.roots.sys, path), `${value}\n`);
  }

  get controllers(): readonly string[] {
    return [...this.#connections.keys()];
  }

  export(nqn: string, sectors = 2048, namespaceId = 1): void {
    this.exports.set(nqn, { sectors, namespaceId, shown: true });
  }

  /** The user-space question, answered by the same storage. */
  readonly asked: string[] = [];
  async ask(nqn: string, { address, port }: Portal): Promise<Standing> {
    this.asked.push(`${nqn} ${address}:${port}`);
    if (this.#failureAt(`${address}:${port}`)) return { state: 'away', reason: 'away' };
    if (this.exports.has(nqn)) return { state: 'exported' };
    return { state: 'refused', why: 'unknown', reason: `no ${nqn}` };
  }

  async connect(options: string): Promise<number> {
    this.requests.push(options);
    const fields = new Map(options.split(',').map((field) => field.split('=', 2) as [string, string]));
    const nqn = fields.get('nqn') ?? '';
    const portal = `${fields.get('traddr')}:${fields.get('trsvcid')}`;
    const failure = this.#failureAt(portal);
    if (failure) throw failure;
    if (!this.exports.has(nqn)) throw failureOf('EIO');
    const present = [...this.#connections.values()].some(
      (connection) => connection.nqn === nqn && connection.portal === portal,
    );
    if (present) throw failureOf('EALREADY');
    return this.#create(nqn, portal);
  }

  setState(controller: string, state: string): void {
    this.write(`class/nvme/${controller}/state`, state);
  }

  /** Does what was written to controllers since the last time. */
  work(): void {
    for (const [name, { nqn }] of this.#connections) {
      if (this.#written(name, 'delete_controller')) {
        if (this.stuck.has(name)) this.setState(name, 'deleting');
        else this.drop(name);
      } else if (this.#written(name, 'rescan_controller')) this.#resize(nqn);
    }
  }

  /** The connection ends, as the kernel decides. */
  drop(controller: string): void {
    const connection = this.#connections.get(controller);
    if (!connection) return;
    this.#connections.delete(controller);
    const { subsystem, nqn } = connection;
    const isLast = ![...this.#connections.values()].some((other) => other.nqn === nqn);
    const namespace = this.#namespaceOf(controller, connection);
    if (!this.multipath || isLast) this.#unplug(namespace);
    rmSync(join(this.roots.sys, 'class', 'nvme', controller), { recursive: true });
    const folder = join(this.roots.sys, 'class', 'nvme-subsystem', subsystem);
    if (isLast) rmSync(folder, { recursive: true });
    else rmSync(join(folder, controller));
  }

  #failureAt(portal: string): Error | undefined {
    return this.failures.get(portal) ?? this.failures.get('all');
  }

  #create(nqn: string, portal: string): number {
    const instance = this.nextInstances.shift() ?? this.#free();
    const name = `nvme${instance}`;
    const sibling = [...this.#connections.values()].find((connection) => connection.nqn === nqn);
    const subsystem = sibling?.subsystem ?? `nvme-subsys${instance}`;
    const connection = { nqn, subsystem, portal };
    this.#connections.set(name, connection);
    const folder = `class/nvme/${name}`;
    mkdirSync(join(this.roots.sys, folder));
    const [address, port] = portal.split(':');
    this.write(`${folder}/state`, 'live');
    this.write(`${folder}/address`, `traddr=${address},trsvcid=${port},src_addr=192.0.2.99`);
    this.write(`${folder}/delete_controller`, '');
    this.write(`${folder}/rescan_controller`, '');
    const parent = join(this.roots.sys, 'class', 'nvme-subsystem', subsystem);
    mkdirSync(parent, { recursive: true });
    writeFileSync(join(parent, 'subsysnqn'), `${nqn}\n`);
    symlinkSync(`../../nvme/${name}`, join(parent, name));
    if (this.exports.get(nqn)?.shown) this.#plug(name, connection, instance);
    return instance;
  }

  #free(): number {
    for (let instance = 0; ; instance++) if (!this.#connections.has(`nvme${instance}`)) return instance;
  }

  /** With multipath also the path's hidden device, which is never to be taken for the device. */
  #plug(controller: string, connection: Connection, instance: number): void {
    const { subsystem } = connection;
    const place = this.multipath ? `class/nvme-subsystem/${subsystem}` : `class/nvme/${controller}`;
    if (this.multipath) {
      const hidden = `class/nvme/${controller}/nvme${subsystem.slice('nvme-subsys'.length)}c${instance}n1`;
      mkdirSync(join(this.roots.sys, hidden));
      this.write(`${hidden}/nsid`, '1');
      this.write(`${hidden}/stat`, STAT);
    }
    const name = this.#namespaceOf(controller, connection);
    const folder = join(this.roots.sys, place, name);
    if (existsSync(folder)) return;
    mkdirSync(folder);
    const { namespaceId, sectors } = this.exports.get(connection.nqn) ?? { namespaceId: 1, sectors: 0 };
    const number = `259:${instance}`;
    this.write(`${place}/${name}/nsid`, String(namespaceId));
    this.write(`${place}/${name}/dev`, number);
    this.write(`${place}/${name}/size`, String(sectors));
    this.write(`${place}/${name}/ro`, '0');
    this.write(`${place}/${name}/stat`, this.multipath ? NOTHING : STAT);
    symlinkSync(`../../${place}/${name}`, join(this.roots.sys, 'dev', 'block', number));
    this.files.addBlock(join(this.roots.dev, name), number);
  }

  #unplug(name: string): void {
    const path = join(this.roots.dev, name);
    const number = this.files.known.get(path)?.number;
    if (number === undefined) return;
    this.files.known.delete(path);
    rmSync(join(this.roots.sys, 'dev', 'block', number));
  }

  #namespaceOf(controller: string, { subsystem, nqn }: Connection): string {
    const first = this.multipath ? `nvme${subsystem.slice('nvme-subsys'.length)}` : controller;
    return `${first}n${this.exports.get(nqn)?.namespaceId ?? 1}`;
  }

  #written(controller: string, attribute: string): boolean {
    const path = `class/nvme/${controller}/${attribute}`;
    const text = readFileSync(join(this.roots.sys, path), 'utf8').trim();
    if (text !== '') this.write(path, '');
    return text === '1';
  }

  #resize(nqn: string): void {
    const size = this.exports.get(nqn)?.sectors;
    for (const [name, connection] of this.#connections) {
      if (connection.nqn !== nqn || size === undefined) continue;
      const place = this.multipath ? `class/nvme-subsystem/${connection.subsystem}` : `class/nvme/${name}`;
      this.write(`${place}/${this.#namespaceOf(name, connection)}/size`, String(size));
    }
  }
}
