import { mkdir } from 'node:fs/promises';
import { type CsiClient, connectCsi } from '../../../src/core/csi/client.ts';
import { SimulatorProcess } from '../../support/simulator-process.ts';
import { TcpProxy } from '../../support/ssh/tcp-proxy.ts';
import { ControlPlane, freePort } from './control-plane.ts';
import { startControllers } from './controllers.ts';
import { eventually } from './eventually.ts';
import { KeptProcess } from './kept-process.ts';
import { Looks } from './looks.ts';
import { Objects } from './objects.ts';
import { MAIN_COMMAND, moduleFolder, type Program } from './programs.ts';
import { serviceAccount } from './service-account.ts';

const CRDS = 'github.com/kubernetes-csi/external-snapshotter/client/v8';
const NODES = ['node-a', 'node-b'];
export const CLEAR_AFTER_SECONDS = 4;

/**
 * A cluster without machines: real API server, controllers and sidecars, the driver as a process with the rights that
 * ship, nodes as objects, and the simulator as the appliance.
 */
export class Cluster {
  readonly looks: Looks;

  constructor(
    private readonly running: readonly Stoppable[],
    readonly plane: ControlPlane,
    readonly appliance: SimulatorProcess,
    readonly objects: Objects,
    readonly driver: KeptProcess,
    readonly controllers: ReadonlyMap<Program, KeptProcess>,
    readonly csi: CsiClient,
    /** Between the driver and the API server. */
    readonly network: TcpProxy,
    private readonly httpPort: number,
    /** Logs lie here. */
    readonly folder: string,
  ) {
    this.looks = new Looks(objects, appliance);
  }

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const running: Stoppable[] = [];
    try {
      return await begin(running, options);
    } catch (error) {
      await stopAll(running);
      throw error;
    }
  }

  /** What the driver exports, by name and labels as Prometheus' text has them. Absent: 0. */
  async metric(sample: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.httpPort}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
    return line === undefined ? 0 : Number(line.slice(sample.length + 1));
  }

  /** Rounds in which the reconciler of attachments could look. */
  rounds(): Promise<number> {
    return this.metric('rose_csi_reconcile_round_seconds_count{reconciler="attachments",outcome="done"}');
  }

  /** Resolves once so many more of them have ended. */
  async roundsPass(count: number): Promise<void> {
    const before = await this.rounds();
    await eventually(`${count} rounds`, async () => (await this.rounds()) >= before + count);
  }

  async probe(): Promise<boolean | undefined> {
    return (await this.csi.identity.probe({}, 5_000)).ready;
  }

  stop(): Promise<void> {
    return stopAll(this.running);
  }
}

interface Stoppable {
  stop(): unknown;
}

export interface ClusterOptions {
  /** Of the driver, beside those that connect it. */
  readonly settings?: Readonly<Record<string, string>>;
  /** One that is there already, and stays. By default the cluster has one of its own. */
  readonly appliance?: SimulatorProcess;
}

/** In the reverse order of their starts. */
async function stopAll(running: readonly Stoppable[]): Promise<void> {
  for (const one of running.toReversed()) await one.stop();
}

/** @param running gets all that has been started */
async function begin(running: Stoppable[], { settings, appliance: given }: ClusterOptions): Promise<Cluster> {
  const run = <T extends Stoppable>(one: T): T => {
    running.push(one);
    return one;
  };
  const plane = run(await ControlPlane.start());
  const folder = `${plane.folder}/cluster`;
  await mkdir(folder, { recursive: true });
  const appliance = given ?? run(await startAppliance(`${folder}/appliance`));
  const objects = new Objects(await plane.client());
  await prepare(plane, objects, folder);
  const network = run(await TcpProxy.start(() => plane.port));
  const httpPort = await freePort();
  // The cluster itself says which one it is.
  const { CLUSTER_ID: _, ...access } = appliance.settings();
  const driver = run(
    new KeptProcess([...MAIN_COMMAND, 'serve'], `${folder}/driver.log`, {
      ...access,
      ...driverSettings(network.port, httpPort, folder),
      ...settings,
    }),
  );
  const csi = connectCsi(`unix://${folder}/csi.sock`);
  run({ stop: () => csi.close() });
  const controllers = await startControllers(plane.kubeconfig, `${folder}/csi.sock`, folder);
  for (const one of controllers.values()) run(one);
  await eventually('the driver is ready', async () => (await csi.identity.probe({}, 5_000)).ready);
  return new Cluster(running, plane, appliance, objects, driver, controllers, csi, network, httpPort, folder);
}

/** One that several clusters may share: who starts it stops it. */
export async function startAppliance(folder: string): Promise<SimulatorProcess> {
  await mkdir(folder, { recursive: true });
  return SimulatorProcess.start({
    folder,
    flags: ['--version', '7.24', '--pool', 'pool1:btrfs:1TiB', '--assume', 'existingImage=adopted'],
  });
}

const driverSettings = (port: number, httpPort: number, folder: string): Record<string, string> => ({
  CSI_ENDPOINT: `unix://${folder}/csi.sock`,
  CSI_MODE: 'controller',
  RDS_SETTLE_SECONDS: '0',
  RDS_EXISTING_IMAGES: 'adopted',
  HTTP_ADDRESS: `127.0.0.1:${httpPort}`,
  LOG_FORMAT: 'json',
  KUBERNETES: 'on',
  SERVICE_ACCOUNT_DIR: `${folder}/account`,
  KUBERNETES_SERVICE_HOST: '127.0.0.1',
  KUBERNETES_SERVICE_PORT: String(port),
  POD_NAME: 'controller-0',
  LEASE_SECONDS: '4',
  LEASE_RENEW_SECONDS: '3',
  LEASE_RETRY_SECONDS: '1',
  RECONCILE_SECONDS: '2',
  CLEAR_AFTER_SECONDS: String(CLEAR_AFTER_SECONDS),
});

async function prepare(plane: ControlPlane, objects: Objects, folder: string): Promise<void> {
  await serviceAccount(objects.api, plane.authority.cert, `${folder}/account`);
  await customResources(objects);
  await objects.classes();
  for (const name of NODES) await objects.node(name);
}

async function customResources(objects: Objects): Promise<void> {
  const folder = `${await moduleFolder(CRDS)}/config/crd`;
  for (const kind of ['volumesnapshotclasses', 'volumesnapshotcontents', 'volumesnapshots']) {
    const text = await Bun.file(`${folder}/snapshot.storage.k8s.io_${kind}.yaml`).text();
    await objects.make('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', parsed(text));
  }
  await eventually('snapshots are known', async () => {
    await Promise.all([objects.list.snapshots(), objects.list.contents()]);
    return true;
  });
}

/** One document; the files of the module begin with `---`. */
function parsed(text: string): object {
  const read = Bun.YAML.parse(text) as object | object[];
  const one = Array.isArray(read) ? read.at(-1) : read;
  if (!one) throw new Error('an empty document');
  return one as object;
}
