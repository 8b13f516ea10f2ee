import type { Server } from 'node:net';
import { FileStore } from '../../../simulator/nvmet/file-store.ts';
import { Simulator } from '../../../simulator/simulator.ts';
import { PlainClient } from '../../../simulator/support/plain-client.ts';
import { eventually } from '../../rig/eventually.ts';
import { APPLIANCE_ADDRESS } from '../addresses.ts';
import { join } from '../join.ts';
import type { Node } from '../node.ts';
import { running } from '../running.ts';
import { applianceSocket } from '../services.ts';
import type { Tools } from '../tools.ts';
import { attachAsExported, attachByFile } from './by-file.ts';
import { LoopExporter } from './loop-exporter.ts';

const GiB = 1024n ** 3n;
const ON_NODE = '/var/lib/rose-csi';
/** Of what node plugins see of the node's files in the chart's default layout: their STATE_DIR. */
const EXPORTS = `${ON_NODE}/state/exports`;
const LOOK_MS = 50;

/** A release of the chart whose volumes are on an appliance: what its objects are called. */
export const RDS = { release: 'rds', driver: 'rds.rose-csi.io', class: 'rds' } as const;

/**
 * A simulated appliance in the node's network, at `APPLIANCE_ADDRESS`, with real images. It lives in the process of the
 * test that has it; {@link attachByFile} says how its volumes reach pods on a machine without NVMe/TCP.
 */
export class Appliance {
  private installed = false;

  private constructor(
    private readonly tools: Tools,
    readonly simulator: Simulator,
    private readonly store: FileStore,
    private readonly door: Server,
    private readonly clockwork: Timer,
  ) {}

  static async arrive(): Promise<Appliance> {
    const { node, tools } = await running();
    await attachByFile(node, tools, EXPORTS);
    const store = new FileStore(onNode(node, `${ON_NODE}/appliance`), 'sparse');
    const exporter = new LoopExporter(store, onNode(node, EXPORTS));
    const pools = [{ slot: 'pool1', fs: 'btrfs' as const, bytes: 20n * GiB }];
    const simulator = await Simulator.start({ appliance: { store, exporter, pools } });
    const door = join(applianceSocket(node.folder), `127.0.0.1:${simulator.port}`);
    // Exports that are late after a boot begin when somebody looks whether it is their time.
    const clockwork = setInterval(() => simulator.appliance.exports(), LOOK_MS);
    return new Appliance(tools, simulator, store, door, clockwork);
  }

  /** Installs the chart for it in its default layout, beside whatever else is installed. @param own further values */
  async install(own: { readonly settings?: object; readonly [value: string]: unknown } = {}): Promise<void> {
    this.installed = true;
    await this.tools.helm('install', RDS.release, { ...this.values(), ...own, settings: this.settings(own) });
  }

  /** @throws Error where something of a volume is left on the appliance */
  async leave(): Promise<void> {
    if (this.installed) await this.tools.uninstall(RDS.release);
    await eventually('the appliance is empty', () => this.empty());
    clearInterval(this.clockwork);
    this.door.close();
    await this.simulator.stop();
    this.simulator.appliance.powerDown();
    await attachAsExported(this.tools);
  }

  /** True where there is no disk, no image, no record, no folder of a volume; else what there is. */
  async empty(): Promise<unknown> {
    const { appliance } = this.simulator;
    const disks = this.disks();
    const files = appliance.files().filter(({ name }) => name.includes('csi-'));
    return (disks.length === 0 && files.length === 0) || { disks, files: files.map(({ name }) => name) };
  }

  /** Slots of volumes, theirs and others'. */
  disks(): string[] {
    return this.simulator.appliance
      .disks()
      .filter(({ hasImage }) => hasImage)
      .map(({ slot }) => slot);
  }

  /** NQNs of what is exported. */
  exports(): string[] {
    return this.simulator.appliance.exports().map(({ nqn }) => nqn);
  }

  /** Where the bytes of a file of the appliance are. @param path as `/file` has it */
  file(path: string): string {
    return this.store.file(path);
  }

  /** As a person at the console. @throws Error where the appliance says anything */
  async console(line: string): Promise<void> {
    const { port, userKey: privateKey } = this.simulator;
    const client = await PlainClient.connect({ port, username: Simulator.user, privateKey });
    const { out } = await client.exec(line);
    await client.close();
    if (out.trim() !== '') throw new Error(`${line}: ${out}`);
  }

  private values(): object {
    return {
      credentials: { privateKey: this.simulator.userKey },
      image: { pullPolicy: 'Never' },
      storageClasses: [{ name: RDS.class, parameters: { 'csi.storage.k8s.io/fstype': 'ext4' } }],
      volumeSnapshotClasses: [{ name: RDS.class }],
    };
  }

  private settings({ settings }: { readonly settings?: object }): object {
    return {
      DRIVER_NAME: RDS.driver,
      // Another release's node plugin is on the node already: its port, and what devices are its.
      HTTP_ADDRESS: ':9819',
      NQN_BASE: 'nqn.2026-11.io.rose-csi.rds',
      RDS_ADDRESS: APPLIANCE_ADDRESS,
      RDS_USER: Simulator.user,
      RDS_HOST_KEY: this.simulator.hostKeyFingerprint,
      ...settings,
    };
  }
}

/** A path of the node's, from outside: the same file system, so that hard links can be made. */
const onNode = ({ folder }: Node, path: string): string => `${folder}${path}`;
