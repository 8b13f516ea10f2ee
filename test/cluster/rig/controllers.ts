import { KeptProcess } from './kept-process.ts';
import { builtPrograms, type Program } from './programs.ts';

/** Kubernetes' own controllers that a volume's life and a node's end need. */
const CONTROLLERS = [
  'persistentvolume-binder-controller',
  'persistentvolume-attach-detach-controller',
  'persistentvolume-expander-controller',
  'persistentvolumeclaim-protection-controller',
  'persistentvolume-protection-controller',
  'pod-garbage-collector-controller',
  'node-lifecycle-controller',
  'taint-eviction-controller',
  'garbage-collector-controller',
  'serviceaccount-controller',
];

/** Of the sidecars: in the tests nobody waits five minutes for the next attempt. */
const SIDECAR = ['--timeout=60s', '--retry-interval-start=500ms', '--retry-interval-max=5s'];
const SWIFT = ['--kube-api-qps=100', '--kube-api-burst=200'];

const FLAGS: Readonly<Record<string, readonly string[]>> = {
  'kube-controller-manager': [
    `--controllers=${CONTROLLERS.join(',')}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--attach-detach-reconcile-sync-period=5s',
    '--pvclaimbinder-sync-period=2s',
    // Nobody sends the nodes' heartbeats: they are what the tests say they are.
    '--node-monitor-grace-period=1h',
    ...SWIFT,
  ],
  'csi-provisioner': ['--worker-threads=100', ...SIDECAR, ...SWIFT],
  'csi-attacher': ['--worker-threads=100', '--reconcile-sync=10s', ...SIDECAR, ...SWIFT],
  'csi-resizer': [
    '--workers=10',
    '--resize-timeout=60s',
    '--retry-interval-start=500ms',
    '--retry-interval-max=5s',
    ...SWIFT,
  ],
  'csi-snapshotter': [...SIDECAR, ...SWIFT],
  'snapshot-controller': ['--retry-interval-start=500ms', '--retry-interval-max=5s', ...SWIFT],
};

const SIDECARS = ['csi-provisioner', 'csi-attacher', 'csi-resizer', 'csi-snapshotter'];
const ALL = Object.keys(FLAGS) as Program[];

/** kube-controller-manager, the sidecars and the snapshot controller, against a driver's socket. */
export async function startControllers(
  kubeconfig: string,
  socket: string,
  folder: string,
  extra: Readonly<Partial<Record<Program, readonly string[]>>> = {},
): Promise<ReadonlyMap<Program, KeptProcess>> {
  const programs = await builtPrograms(ALL);
  const start = (name: Program): KeptProcess => {
    const own = SIDECARS.includes(name) ? [`--csi-address=${socket}`] : [];
    const flags = [`--kubeconfig=${kubeconfig}`, ...own, ...(FLAGS[name] ?? []), ...(extra[name] ?? [])];
    return new KeptProcess([`${programs}/${name}`, ...flags], `${folder}/${name}.log`);
  };
  return new Map(ALL.map((name) => [name, start(name)]));
}
