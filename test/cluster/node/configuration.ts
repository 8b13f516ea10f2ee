import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { Authority, type Identity } from '../../support/kube/certificates.ts';
import { API_ADDRESS, API_PORT, NODE_ADDRESS, NODE_NAME, PODS } from './addresses.ts';
import { kubeconfig } from './kubeconfig.ts';
import { PAUSE } from './local-images.ts';

/** Who asks the API server for what, as RBAC's own bindings and the node authorizer know them. */
const SUBJECTS = {
  admin: 'O=system:masters, CN=admin',
  'controller-manager': 'CN=system:kube-controller-manager',
  scheduler: 'CN=system:kube-scheduler',
  kubelet: `O=system:nodes, CN=system:node:${NODE_NAME}`,
};

/**
 * Writes all that a node's programs read into its folder.
 * @param outside the port of the machine's loopback where the API server is reached from outside
 * @param group the node's own control group, below which kubelet makes those of pods
 * @param services command lines by name
 */
export async function configure(
  run: string,
  outside: number,
  group: string,
  services: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const folder of ['services', 'cni', 'log']) await mkdir(`${run}/${folder}`, { recursive: true });
  await writeAll(run, await certificates(outside));
  await writeAll(run, {
    'containerd.toml': CONTAINERD(run),
    'cni/10-node.conflist': JSON.stringify(NETWORK(run)),
    'kubelet.yaml': JSON.stringify(KUBELET(run, group)),
  });
  for (const [name, command] of Object.entries(services)) {
    const path = `${run}/services/${name}`;
    await Bun.write(path, `#!/bin/sh\nexec ${command.map(quoted).join(' ')}\n`);
    await chmod(path, 0o755);
  }
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

async function writeAll(run: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Bun.write(`${run}/${name}`, text);
    await chmod(`${run}/${name}`, 0o600);
  }
}

async function certificates(outside: number): Promise<Record<string, string>> {
  const authority = await Authority.create('node-ca');
  const server = await authority.issue('CN=kube-apiserver', {
    ip: ['127.0.0.1', API_ADDRESS, NODE_ADDRESS],
    dns: ['kubernetes.default.svc'],
  });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const identities: Record<string, Identity> = { apiserver: server };
  const configs: Record<string, string> = {};
  for (const [name, subject] of Object.entries(SUBJECTS)) {
    const identity = await authority.issue(subject);
    identities[name] = identity;
    configs[`${name}.kubeconfig`] = kubeconfig(
      `https://${API_ADDRESS}:${API_PORT}`,
      authority.cert,
      identity,
    );
    if (name === 'admin')
      configs['kubeconfig'] = kubeconfig(`https://127.0.0.1:${outside}`, authority.cert, identity);
  }
  const pairs = Object.entries(identities).flatMap(([name, { cert, key }]) => [
    [`${name}.crt`, cert],
    [`${name}.key`, key],
  ]);
  return {
    ...Object.fromEntries(pairs),
    ...configs,
    'ca.crt': authority.cert,
    'sa.key': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Of containerd 1.6. Some sandboxes let nobody lower the score of the kernel's killer. */
const CONTAINERD = (run: string) => `version = 2
root = "${run}/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${run}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;

const NETWORK = (run: string) => ({
  cniVersion: '0.4.0',
  name: 'node',
  plugins: [
    {
      type: 'ptp',
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: PODS }]],
        dataDir: `${run}/cni-data`,
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
});

const KUBELET = (run: string, group: string) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: `${run}/ca.crt` },
  },
  authorization: { mode: 'Webhook' },
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  cgroupDriver: 'cgroupfs',
  cgroupRoot: group,
  failCgroupV1: false,
  failSwapOn: false,
  oomScoreAdj: 0,
  enforceNodeAllocatable: ['pods'],
  // The machine's disk and memory are shared with whoever else works on it.
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '1%',
    'imagefs.available': '1%',
    'nodefs.inodesFree': '1%',
    'imagefs.inodesFree': '1%',
  },
  imageGCHighThresholdPercent: 100,
  clusterDNS: [],
  // Grown file systems are looked for at this pace.
  syncFrequency: '5s',
  nodeStatusUpdateFrequency: '2s',
  shutdownGracePeriod: '0s',
  volumePluginDir: `${run}/flexvolume`,
});
