import { BUSYBOX } from './local-images.ts';

/** What a claim asks for. */
export interface ClaimWish {
  readonly size?: string;
  readonly class?: string;
  readonly mode?: 'Filesystem' | 'Block';
  readonly access?: 'ReadWriteOnce' | 'ReadWriteOncePod' | 'ReadOnlyMany' | 'ReadWriteMany';
  /** What it is filled from. */
  readonly from?: { readonly kind: 'VolumeSnapshot' | 'PersistentVolumeClaim'; readonly name: string };
  readonly attributes?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export const claimSpec = (wish: ClaimWish = {}): object => ({
  storageClassName: wish.class ?? 'rose',
  accessModes: [wish.access ?? 'ReadWriteOnce'],
  volumeMode: wish.mode ?? 'Filesystem',
  resources: { requests: { storage: wish.size ?? '64Mi' } },
  ...(wish.attributes !== undefined && { volumeAttributesClassName: wish.attributes }),
  ...(wish.from && {
    dataSource: {
      ...(wish.from.kind === 'VolumeSnapshot' && { apiGroup: 'snapshot.storage.k8s.io' }),
      ...wish.from,
    },
  }),
});

/** What a pod is to have beside a shell. */
export interface PodWish {
  /** Claims, each at `/<its name>`: as a folder, or as a device where `blocks` says so. */
  readonly claims?: readonly string[];
  readonly blocks?: readonly string[];
  /** In place of what follows from `claims`. */
  readonly mounts?: readonly object[];
  readonly volumes?: readonly object[];
  readonly security?: object;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Ends as soon as it is told to. */
const WAITS = 'trap "exit 0" TERM; sleep infinity & wait';

export function podSpec({ claims = [], blocks = [], ...wish }: PodWish): object {
  const volumes = [...claims, ...blocks].map((claimName) => ({
    name: claimName,
    persistentVolumeClaim: { claimName },
  }));
  return {
    terminationGracePeriodSeconds: 2,
    automountServiceAccountToken: false,
    dnsPolicy: 'Default',
    ...(wish.security && { securityContext: wish.security }),
    containers: [
      {
        name: 'main',
        image: BUSYBOX,
        imagePullPolicy: 'Never',
        command: ['sh', '-c', WAITS],
        volumeMounts: wish.mounts ?? claims.map((name) => ({ name, mountPath: `/${name}` })),
        volumeDevices: blocks.map((name) => ({ name, devicePath: `/${name}` })),
      },
    ],
    volumes: wish.volumes ?? volumes,
  };
}
