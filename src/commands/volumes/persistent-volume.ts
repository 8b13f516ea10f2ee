import { applianceSegments } from '../../core/services/controller/topology.ts';
import { volumeContext } from '../../core/services/controller/volume-message.ts';
import type { Volume } from '../../core/storage/volume.ts';
import { parseHandle } from '../../core/storage/volume-id.ts';

export const ACCESS_MODES = ['ReadWriteOnce', 'ReadWriteOncePod', 'ReadOnlyMany', 'ReadWriteMany'] as const;
export type AccessMode = (typeof ACCESS_MODES)[number];

/** What a person decides of a PersistentVolume. */
export interface PersistentVolumeWish {
  readonly name: string;
  readonly accessMode: AccessMode;
  readonly block: boolean;
  readonly fsType: string;
  /** "": none. */
  readonly storageClass: string;
  /** The claim that gets it, and no other. */
  readonly claim?: { readonly namespace: string; readonly name: string };
}

/** The manifests of a volume that is there already: a PersistentVolume, and its claim where one is named. */
export function staticManifests(
  volume: Pick<Volume, 'id' | 'capacityBytes' | 'pool' | 'provisioning'>,
  wish: PersistentVolumeWish,
  driver: string,
): object[] {
  const { name, claim, storageClass } = wish;
  const common = {
    accessModes: [wish.accessMode],
    storageClassName: storageClass,
    volumeMode: wish.block ? 'Block' : 'Filesystem',
  };
  const storage = String(volume.capacityBytes);
  const appliance = parseHandle(volume.id)?.appliance ?? '';
  const reachedBy = Object.entries(applianceSegments(driver, appliance)).map(([key, value]) => ({
    key,
    operator: 'In',
    values: [value],
  }));
  const persistentVolume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage },
      ...common,
      persistentVolumeReclaimPolicy: 'Retain',
      ...(claim && {
        claimRef: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          namespace: claim.namespace,
          name: claim.name,
        },
      }),
      csi: {
        driver,
        volumeHandle: volume.id,
        ...(!wish.block && { fsType: wish.fsType }),
        volumeAttributes: volumeContext(volume),
      },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: reachedBy }] } },
    },
  };
  if (!claim) return [persistentVolume];
  const persistentVolumeClaim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: claim.namespace, name: claim.name },
    spec: { ...common, volumeName: name, resources: { requests: { storage } } },
  };
  return [persistentVolume, persistentVolumeClaim];
}

export const asYaml = (manifests: readonly object[]): string =>
  manifests.map((manifest) => `---\n${Bun.YAML.stringify(manifest, null, 2)}\n`).join('');
