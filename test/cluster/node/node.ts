import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { ApiClient } from '../../../src/kubernetes/api-client.ts';
import { loadCredentials } from '../../../src/kubernetes/load-credentials.ts';
import { freePort } from '../rig/control-plane.ts';
import { eventually } from '../rig/eventually.ts';
import { builtPrograms } from '../rig/programs.ts';
import { NODE_NAME } from './addresses.ts';
import { configure } from './configuration.ts';
import { groupFolders, removeGroup } from './groups.ts';
import { detach, loopsOf } from './loops.ts';
import { isProcessOf, Namespaces } from './namespaces.ts';
import { services } from './services.ts';

const PROGRAMS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kubectl',
  'snapshot-controller',
] as const;
const KEEPER = 'keeper.pid';
const RELAY = 'relay.pid';
const READY_MS = 120_000;

/**
 * A cluster of one machine, as processes in namespaces of their own: etcd, API server, controllers, scheduler,
 * containerd and kubelet. All that it keeps lies below one folder, and it outlives the process that has started it.
 */
export class Node {
  private constructor(
    /** Its own folder. */
    readonly folder: string,
    readonly namespaces: Namespaces,
    readonly programs: string,
    readonly api: ApiClient,
  ) {}

  /** @param folder an absolute path, short enough for sockets, where nothing is yet */
  static async start(folder: string): Promise<Node> {
    if (existsSync(folder)) throw new Error(`${folder} is there already: take that node down first`);
    const programs = await builtPrograms(PROGRAMS);
    const group = `/rose-csi-${process.pid}-${Date.now().toString(36)}`;
    await mkdir(folder, { recursive: true });
    const port = await freePort();
    await configure(folder, port, group, services(programs, folder));
    await Bun.write(`${folder}/cgroups`, `${groupFolders(group).join('\n')}\n`);
    try {
      return await boot(folder, port);
    } catch (error) {
      const said = logsOf(folder);
      await Node.stop(folder);
      throw new Error(`the node did not start: ${error}\n${said}`);
    }
  }

  /** One that runs already. @throws Error where there is none */
  static async open(folder: string): Promise<Node> {
    const pid = pidIn(folder, KEEPER);
    if (pid === undefined) throw new Error(`no node runs in ${folder}`);
    return new Node(folder, new Namespaces(pid), await builtPrograms(PROGRAMS), await clientOf(folder));
  }

  get kubeconfig(): string {
    return `${this.folder}/kubeconfig`;
  }

  /** Loads archives of images into containerd. @returns the images' names */
  async load(archives: readonly string[]): Promise<string[]> {
    const { namespaces } = this;
    for (const path of archives) await namespaces.run('ctr', '-n', 'k8s.io', 'images', 'import', path);
    return (await namespaces.run('ctr', '-n', 'k8s.io', 'images', 'list', '-q')).trim().split('\n');
  }

  /** Ends whatever runs in a folder, and removes it. @throws Error that lists what has outlived it */
  static async stop(folder: string): Promise<void> {
    const pid = pidIn(folder, KEEPER);
    if (pid !== undefined) {
      const namespaces = new Namespaces(pid);
      const network = readlinkSync(`/proc/${pid}/ns/net`);
      const loops = await loopsOf(namespaces);
      process.kill(pid, 'SIGKILL');
      await eventually('all processes of the node have ended', async () => processesIn(network).length === 0);
      await detach(loops);
    }
    const relay = pidIn(folder, RELAY);
    if (relay !== undefined) process.kill(relay, 'SIGKILL');
    if (existsSync(`${folder}/cgroups`)) {
      for (const group of readFileSync(`${folder}/cgroups`, 'utf8').trim().split('\n')) removeGroup(group);
    }
    await rm(folder, { recursive: true, force: true });
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    const left = mounts.filter((line) => line.includes(` ${folder}/`));
    if (left.length > 0) throw new Error(`mounts outlived the node: ${left.join('\n')}`);
  }
}

async function boot(folder: string, port: number): Promise<Node> {
  const namespaces = ['--mount', '--net', '--pid', '--uts', '--fork', '--kill-child', '--mount-proc'];
  const script = `${import.meta.dir}/boot.sh`;
  const keeper = background(folder, KEEPER, ['unshare', ...namespaces, script, folder]);
  await eventually(
    'the way in is there',
    async () => existsSync(`/proc/${keeper}/root/run/api.sock`),
    READY_MS,
  );
  const relay = `${import.meta.dir}/relay.ts`;
  const socket = `/proc/${keeper}/root/run/api.sock`;
  background(folder, RELAY, [process.execPath, relay, `127.0.0.1:${port}`, socket, folder]);
  const node = await Node.open(folder);
  const signal = AbortSignal.timeout(READY_MS);
  const there = async (path: string) => (await node.api.get(path, signal)) !== undefined;
  await eventually('the API server answers', () => there('/api/v1/namespaces/kube-system'), READY_MS);
  await eventually('the node is ready', () => isReady(node.api, signal), READY_MS);
  const account = '/api/v1/namespaces/default/serviceaccounts/default';
  await eventually('pods can be made', () => there(account), READY_MS);
  return node;
}

async function isReady(api: ApiClient, signal: AbortSignal): Promise<unknown> {
  const { status } = (await api.get(`/api/v1/nodes/${NODE_NAME}`, signal)) as {
    status: { conditions?: { type: string; status: string; message: string }[] };
  };
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' || ready;
}

/** A process that goes on when this one ends. */
function background(folder: string, pidFile: string, [program = '', ...args]: readonly string[]): number {
  const log = openSync(`${folder}/log/${pidFile.replace('.pid', '.log')}`, 'a');
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error(`${program} cannot be started`);
  writeFileSync(`${folder}/${pidFile}`, String(child.pid));
  return child.pid;
}

function pidIn(folder: string, file: string): number | undefined {
  const path = `${folder}/${file}`;
  if (!existsSync(path)) return undefined;
  const pid = Number(readFileSync(path, 'utf8'));
  return isProcessOf(pid, folder) ? pid : undefined;
}

/** The machine's processes in a network namespace. */
function processesIn(network: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/ns/net`) === network;
      } catch {
        return false;
      }
    });
}

async function clientOf(folder: string): Promise<ApiClient> {
  const kubeconfig = `${folder}/kubeconfig`;
  return new ApiClient({
    credentials: await loadCredentials({ kubeconfig, account: '', host: '', port: 443 }),
    fetch,
    userAgent: 'rose-csi/test',
    throttle: async () => undefined,
    timeoutMs: 20_000,
    onAnswer: () => undefined,
  });
}

/** The last words of all its programs. */
function logsOf(folder: string): string {
  return readdirSync(`${folder}/log`)
    .map((name) => `--- ${name}\n${readFileSync(`${folder}/log/${name}`, 'utf8').slice(-1500)}`)
    .join('\n');
}
