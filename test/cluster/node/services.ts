import { API_ADDRESS, API_PORT, APPLIANCE_ADDRESS, NODE_ADDRESS, NODE_NAME, SERVICES } from './addresses.ts';

const ETCD = 'http://127.0.0.1:2379';
const RELAY = [process.execPath, `${import.meta.dir}/relay.ts`];

/** What is asked of the appliance's SSH service in the node's network comes out here. @param run the node's own folder */
export const applianceSocket = (run: string): string => `${run}/appliance.sock`;

/**
 * The command line of every program of the node, by name.
 * @param programs the folder of those that were built
 * @param run the node's own folder
 */
export function services(programs: string, run: string): Readonly<Record<string, readonly string[]>> {
  const own = (part: string) => [
    `--kubeconfig=${run}/${part}.kubeconfig`,
    `--authentication-kubeconfig=${run}/${part}.kubeconfig`,
    `--authorization-kubeconfig=${run}/${part}.kubeconfig`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
  ];
  return {
    etcd: [
      `${programs}/etcd`,
      `--data-dir=${run}/etcd-data`,
      `--listen-client-urls=${ETCD}`,
      `--advertise-client-urls=${ETCD}`,
      '--listen-peer-urls=http://127.0.0.1:2380',
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    'kube-apiserver': [
      `${programs}/kube-apiserver`,
      `--etcd-servers=${ETCD}`,
      `--secure-port=${API_PORT}`,
      '--bind-address=0.0.0.0',
      `--advertise-address=${NODE_ADDRESS}`,
      '--endpoint-reconciler-type=none',
      '--allow-privileged=true',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      `--client-ca-file=${run}/ca.crt`,
      `--tls-cert-file=${run}/apiserver.crt`,
      `--tls-private-key-file=${run}/apiserver.key`,
      `--kubelet-client-certificate=${run}/admin.crt`,
      `--kubelet-client-key=${run}/admin.key`,
      '--kubelet-preferred-address-types=InternalIP',
      `--service-account-key-file=${run}/sa.key`,
      `--service-account-signing-key-file=${run}/sa.key`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-cluster-ip-range=${SERVICES}`,
    ],
    'kube-controller-manager': [
      `${programs}/kube-controller-manager`,
      ...own('controller-manager'),
      `--service-account-private-key-file=${run}/sa.key`,
      `--root-ca-file=${run}/ca.crt`,
      '--use-service-account-credentials=true',
      `--service-cluster-ip-range=${SERVICES}`,
    ],
    'kube-scheduler': [`${programs}/kube-scheduler`, ...own('scheduler')],
    'snapshot-controller': [`${programs}/snapshot-controller`, `--kubeconfig=${run}/admin.kubeconfig`],
    containerd: ['containerd', `--config=${run}/containerd.toml`],
    kubelet: [
      `${programs}/kubelet`,
      `--config=${run}/kubelet.yaml`,
      `--kubeconfig=${run}/kubelet.kubeconfig`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${NODE_ADDRESS}`,
      `--cert-dir=${run}/kubelet-pki`,
    ],
    // The machine's loopback is another: whoever is outside comes through this socket.
    relay: [...RELAY, '/run/api.sock', `${API_ADDRESS}:${API_PORT}`],
    // A scenario's appliance is outside, too.
    appliance: [...RELAY, `${APPLIANCE_ADDRESS}:22`, applianceSocket(run)],
  };
}
