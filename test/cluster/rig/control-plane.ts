import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { ApiClient } from '../../../src/kubernetes/api-client.ts';
import type { Credentials } from '../../../src/kubernetes/credentials.ts';
import { loadCredentials } from '../../../src/kubernetes/load-credentials.ts';
import { Authority } from '../../support/kube/certificates.ts';
import { builtPrograms } from './programs.ts';
import { auditPolicy, Requests } from './requests.ts';

const READY_MS = 60_000;

/** The account that {@link serviceAccount} makes, as the API server names it. */
const DRIVER_ACCOUNT = 'system:serviceaccount:kube-system:rose-csi';

/** A real etcd and a real kube-apiserver with TLS and RBAC, as processes, with all they keep below one folder. */
export class ControlPlane {
  /** What the driver's account asks for. */
  readonly requests: Requests;
  private readonly children: Bun.Subprocess[] = [];
  private etcd = '';

  private constructor(
    private readonly programs: string,
    readonly folder: string,
    readonly port: number,
    readonly authority: Authority,
  ) {
    this.requests = new Requests(`${folder}/audit.log`);
  }

  static async start(): Promise<ControlPlane> {
    const programs = await builtPrograms(['etcd', 'kube-apiserver']);
    const folder = await mkdtemp(`${tmpdir()}/rose-csi-cluster-`);
    const plane = new ControlPlane(programs, folder, await freePort(), await Authority.create('cluster-ca'));
    try {
      await plane.up();
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  get kubeconfig(): string {
    return `${this.folder}/admin.kubeconfig`;
  }

  async credentials(): Promise<Credentials> {
    return loadCredentials({ kubeconfig: this.kubeconfig, account: '', host: '', port: 443 });
  }

  async client(): Promise<ApiClient> {
    return new ApiClient({
      credentials: await this.credentials(),
      fetch,
      userAgent: 'rose-csi/test',
      throttle: async () => undefined,
      timeoutMs: 20_000,
      onAnswer: () => undefined,
    });
  }

  async stop(): Promise<void> {
    for (const child of this.children.reverse()) {
      child.kill('SIGKILL');
      await child.exited;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Kills the API server; etcd stays. */
  async apiServerDown(): Promise<void> {
    const server = this.children.pop();
    server?.kill('SIGKILL');
    await server?.exited;
  }

  async apiServerUp(): Promise<void> {
    this.spawn('kube-apiserver', [
      `--etcd-servers=${this.etcd}`,
      `--secure-port=${this.port}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=192.0.2.1',
      '--endpoint-reconciler-type=none',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true',
      `--client-ca-file=${this.folder}/ca.crt`,
      `--tls-cert-file=${this.folder}/apiserver.crt`,
      `--tls-private-key-file=${this.folder}/apiserver.key`,
      `--service-account-key-file=${this.folder}/sa.key`,
      `--service-account-signing-key-file=${this.folder}/sa.key`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--service-cluster-ip-range=10.96.0.0/24',
      `--audit-policy-file=${this.folder}/audit-policy.json`,
      `--audit-log-path=${this.folder}/audit.log`,
    ]);
    await this.ready();
  }

  private async up(): Promise<void> {
    const [clients, peers] = [await freePort(), await freePort()];
    await this.certificates();
    this.etcd = `http://127.0.0.1:${clients}`;
    const { etcd } = this;
    this.spawn('etcd', [
      `--data-dir=${this.folder}/etcd`,
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=http://127.0.0.1:${peers}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ]);
    await this.apiServerUp();
  }

  private async certificates(): Promise<void> {
    const server = await this.authority.issue('CN=kube-apiserver', { ip: ['127.0.0.1'] });
    const admin = await this.authority.issue('O=system:masters, CN=admin');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'c',
          cluster: {
            server: `https://127.0.0.1:${this.port}`,
            'certificate-authority-data': base64(this.authority.cert),
          },
        },
      ],
      users: [
        {
          name: 'u',
          user: { 'client-certificate-data': base64(admin.cert), 'client-key-data': base64(admin.key) },
        },
      ],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    const files = {
      'ca.crt': this.authority.cert,
      'apiserver.crt': server.cert,
      'apiserver.key': server.key,
      'sa.key': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'admin.kubeconfig': JSON.stringify(config),
      'audit-policy.json': auditPolicy(DRIVER_ACCOUNT),
      'audit.log': '',
    };
    for (const [name, text] of Object.entries(files)) await Bun.write(`${this.folder}/${name}`, text);
  }

  private spawn(part: string, flags: readonly string[]): void {
    const log = Bun.file(`${this.folder}/${part}.log`);
    this.children.push(
      Bun.spawn([`${this.programs}/${part}`, ...flags], { stdin: 'ignore', stdout: log, stderr: log }),
    );
  }

  private async ready(): Promise<void> {
    const client = await this.client();
    const deadline = performance.now() + READY_MS;
    // The namespaces come a little later than the first answers.
    const asks = async () => client.get('/api/v1/namespaces/kube-system', AbortSignal.timeout(5000));
    while (!(await asks().catch(() => undefined))) {
      const dead = this.children.find(({ exitCode }) => exitCode !== null);
      if (dead || performance.now() > deadline)
        throw new Error(`the API server did not start: ${await this.logs()}`);
      await Bun.sleep(100);
    }
  }

  private async logs(): Promise<string> {
    const texts = ['etcd', 'kube-apiserver'].map((part) => Bun.file(`${this.folder}/${part}.log`).text());
    return (await Promise.all(texts.map((text) => text.catch(() => ''))))
      .map((text) => text.slice(-1500))
      .join('\n');
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
