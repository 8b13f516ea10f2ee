import { z } from 'zod';
import { absolutePath, flag, optionalPath, setting, whole } from './setting.ts';

/** What the driver has to do with the cluster beside CSI. */
export const KUBERNETES_SETTINGS = {
  KUBERNETES: setting(
    z.enum(['off', 'on']),
    'off',
    'off, on',
    'Whether the controller watches the cluster: reconciliation, events, leadership. A node never does.',
  ),
  KUBECONFIG: setting(
    optionalPath,
    '',
    'an absolute path',
    'How the API server is reached; by default by the service account of the pod.',
  ),
  SERVICE_ACCOUNT_DIR: setting(
    absolutePath,
    '/var/run/secrets/kubernetes.io/serviceaccount',
    'an absolute path',
    "Where the pod's token, ca.crt and namespace are; the token is read again for each request, since it rotates.",
  ),
  KUBERNETES_SERVICE_HOST: setting(
    z.string().regex(/^[A-Za-z0-9.:-]{0,253}$/),
    '',
    'a host name or an address',
    'Set by kubelet in every pod.',
  ),
  KUBERNETES_SERVICE_PORT: setting(whole(1, 65_535), '443', '1 to 65535', 'Set by kubelet in every pod.'),
  POD_NAME: setting(
    z.string().max(253),
    '',
    "the pod's name",
    'Events about the driver itself stand at this pod: give it its metadata.name. By default they stand at the lease.',
  ),
  POD_NAMESPACE: setting(
    z.string().max(63),
    '',
    "the pod's namespace",
    "Where the lease and the pod are; by default the service account's namespace.",
  ),
  LEADER_ELECTION: setting(
    flag,
    'true',
    'true, false',
    'Whether only the holder of a lease reconciles; needed with more than one replica.',
  ),
  LEASE_NAME: setting(
    z.string().regex(/^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)?$/),
    '',
    'the name of a Lease',
    'By default DRIVER_NAME.',
  ),
  LEASE_SECONDS: setting(
    whole(1, 600),
    '15',
    '1 to 600',
    'How long a lease that is not renewed lasts, by the clock of whoever waits for it.',
  ),
  LEASE_RENEW_SECONDS: setting(
    whole(1, 600),
    '10',
    '1 to 600, less than LEASE_SECONDS',
    'How long the holder goes on without a renewal.',
  ),
  LEASE_RETRY_SECONDS: setting(
    whole(1, 600),
    '5',
    '1 to 600, less than LEASE_RENEW_SECONDS',
    'Between renewals, and between attempts to get the lease.',
  ),
  RECONCILE_SECONDS: setting(
    whole(1, 86_400),
    '300',
    '1 to 86400',
    'Between rounds of reconciliation; events of nodes and of the appliance ask for rounds of their own.',
  ),
  CLEAR_AFTER_SECONDS: setting(
    whole(1, 86_400),
    '120',
    '1 to 86400',
    'A publication without a VolumeAttachment is cleared when it was seen twice, so far apart. Below 120 for tests only.',
  ),
  DELETE_ATTACHMENTS_OF_LOST_NODES: setting(
    flag,
    'false',
    'true, false',
    'Delete VolumeAttachments of nodes that were deleted and where no pod is left. Kubernetes does so itself, later.',
  ),
  LOST_NODE_SECONDS: setting(
    whole(1, 86_400),
    '360',
    '1 to 86400',
    'How long a node must have been gone for DELETE_ATTACHMENTS_OF_LOST_NODES.',
  ),
  ORPHANS: setting(
    z.enum(['off', 'report', 'delete']),
    'off',
    'off, report, delete',
    'Volumes that no PersistentVolume knows, and remains of volumes: look for them, and delete those that no node ever had, or whose deletion was begun.',
  ),
  ORPHAN_SECONDS: setting(
    whole(1, 604_800),
    '3600',
    '1 to 604800',
    "An orphan counts when it was seen twice, so far apart; a begun deletion must also be so old by the appliance's clock.",
  ),
  STARTUP_TAINT: setting(
    z.string().regex(/^[A-Za-z0-9._/-]{0,253}$/),
    '',
    'the key of a taint, or off',
    'Is taken off a node once the driver is registered there. By default DRIVER_NAME/agent-not-ready.',
  ),
  DRAIN_SECONDS: setting(
    whole(0, 3600),
    '30',
    '0 to 3600',
    "How long `rose-csi drain` waits; the pod's terminationGracePeriodSeconds has to be longer.",
  ),
  REGISTRATION_SOCKET: setting(
    optionalPath,
    '',
    'an absolute path',
    "A socket in kubelet's plugins_registry: the node registers itself there, without a sidecar. By default it does not.",
  ),
  KUBELET_CSI_SOCKET: setting(
    optionalPath,
    '',
    'an absolute path',
    'The CSI socket as kubelet sees it on the host; by default /var/lib/kubelet/plugins/DRIVER_NAME/csi.sock.',
  ),
} as const;
