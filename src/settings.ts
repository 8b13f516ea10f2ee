import { z } from 'zod';
import { KUBERNETES_SETTINGS } from './cluster-settings.ts';
import { parseBytes } from './core/bytes.ts';
import { isNqnBase } from './core/storage/nqn.ts';
import { isApplianceName } from './core/storage/volume-id.ts';
import { absolutePath, flag, optionalPath, setting, whole } from './setting.ts';

const matching = (test: (text: string) => boolean) => z.string().refine(test);
export interface PoolSetting {
  readonly name: string;
  readonly capacityBytes: bigint;
}

/** `name=size,…`, such as `default=100GiB,fast=10GiB`. */
const pools = z.string().transform((text, check): PoolSetting[] => {
  const found = text.split(',').map((item) => {
    const [, name = '', size = ''] = /^([A-Za-z0-9][A-Za-z0-9._-]{0,62})=(.+)$/.exec(item.trim()) ?? [];
    return { name, capacityBytes: parseBytes(size) ?? 0n };
  });
  const names = new Set(found.map(({ name }) => name));
  if (
    names.has('') ||
    names.size !== found.length ||
    found.some(({ capacityBytes }) => capacityBytes <= 0n)
  ) {
    check.addIssue('not a list of pools');
  }
  return found;
});

/** `host:port`, `:port` or `off`. */
const httpAddress = z.string().regex(/^(?:off|(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]*):\d{1,5})$/);

/** `20000-29999`, or `shared:4420`. */
const nvmePorts = z.string().transform((text, check) => {
  const [, shared] = /^shared:(\d{1,5})$/.exec(text) ?? [];
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const isPort = (port: number) => port >= 1024 && port <= 65_535;
  if (shared !== undefined && isPort(Number(shared))) {
    return { mode: 'shared', port: Number(shared) } as const;
  }
  const range = { mode: 'per-volume', first: Number(first), last: Number(last) } as const;
  if (isPort(range.first) && isPort(range.last) && range.first <= range.last) return range;
  check.addIssue('not a range of ports');
  return z.NEVER;
});

const nodeAppliances = z.string().transform((text, check) => {
  if (text === 'all' || text === 'probe') return text;
  const names = text.split(',');
  if (!names.every(isApplianceName)) check.addIssue('not names of appliances');
  return names;
});

/** Every setting once. `--help`, `docs/configuration.md` and the error texts are made from this table. */
export const SETTINGS = {
  CSI_MODE: setting(
    z.enum(['all', 'controller', 'node']),
    'all',
    'all, controller, node',
    'Which CSI services to serve; `all` is for one machine.',
  ),
  CSI_ENDPOINT: setting(
    z.string().regex(/^(?:unix:)?(?:\/\/)?\/.+$/),
    'unix:///csi/csi.sock',
    'unix:///path or an absolute path',
    'The Unix socket to serve on.',
  ),
  DRIVER_NAME: setting(
    z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/),
    'rose-csi.io',
    'a domain name of at most 63 characters',
    'The name of the CSIDriver object, and the prefix of topology keys.',
  ),
  NODE_NAME: setting(
    z.string().min(1).max(253),
    '',
    "the Kubernetes node's name",
    "This node's name. Give a pod its spec.nodeName; by default it is the host name.",
  ),
  CLUSTER_ID: setting(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
    'local',
    '1 to 63 characters of A-Z a-z 0-9 . _ -',
    'Tells clusters apart that share an appliance. Never change it: volumes are found by it. With KUBERNETES=on the default is the UID of the namespace kube-system.',
  ),
  RDS_BACKEND: setting(
    z.enum(['mock', 'routeros']),
    'mock',
    'mock, routeros',
    'Where volumes are kept: on a ROSE Data Server, or in the embedded mock.',
  ),
  RDS_CONFIG: setting(
    optionalPath,
    '',
    'an absolute path to a YAML file',
    'Several appliances: a file with a list `appliances`. Each has the settings RDS_* of its own, named as in `address` for RDS_ADDRESS or `privateKeyFile` for RDS_PRIVATE_KEY_FILE; what it leaves out is as set here.',
  ),
  RDS_NAME: setting(
    matching(isApplianceName),
    'rds',
    '1 to 32 characters of a-z 0-9 -, not starting or ending with -',
    "The appliance's name, the first part of every volume id. Never change it.",
  ),
  NQN_BASE: setting(
    matching(isNqnBase),
    'nqn.2026-11.io.rose-csi',
    'nqn.yyyy-mm.reverse-domain[:part…], at most 139 characters',
    'What the NQN of every export starts with. The node touches nothing outside of it.',
  ),
  RDS_ADDRESS: setting(
    z.string().regex(/^[A-Za-z0-9.:-]{0,253}$/),
    '',
    'a host name or an address',
    'Where the appliance answers SSH.',
  ),
  RDS_PORT: setting(whole(1, 65_535), '22', '1 to 65535', "The port of the appliance's SSH service."),
  RDS_USER: setting(
    z.string().regex(/^[\x21-\x7e]{0,64}$/),
    '',
    'a user of the appliance with the policies ssh, read, write and test',
    'Whom the driver logs in as; give it a user of its own.',
  ),
  RDS_PRIVATE_KEY_FILE: setting(
    optionalPath,
    '',
    'an absolute path to an OpenSSH or PEM private key, ed25519 or RSA of 2048 bits or more',
    "The user's key.",
  ),
  RDS_PASSPHRASE_FILE: setting(
    optionalPath,
    '',
    'an absolute path',
    'A file with the passphrase of the key, where it has one.',
  ),
  RDS_PASSWORD_FILE: setting(
    optionalPath,
    '',
    'an absolute path',
    'A file with the password, where there is no key. RouterOS refuses it for a user who has one.',
  ),
  RDS_HOST_KEY: setting(
    z.string().regex(/^(?:|SHA256:[A-Za-z0-9+/]{43}=?|(?:ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/=]+.*)$/),
    '',
    'SHA256:… or ssh-ed25519 AAAA…',
    'The host key of the appliance: its fingerprint, or the line that ssh-keyscan prints, without the address.',
  ),
  RDS_INSECURE_HOST_KEY: setting(
    flag,
    'false',
    'true, false',
    'Trust whoever answers, where RDS_HOST_KEY is not set. For trying things out; warned about at each start.',
  ),
  RDS_SESSIONS: setting(
    whole(1, 64),
    '8',
    '1 to 64',
    "The most SSH connections at once; below the appliance's max-sessions (20 by default), which others use too.",
  ),
  RDS_NVME_ADDRESS: setting(
    z
      .string()
      .regex(/^(?:[A-Za-z0-9.:-]+(?:,[A-Za-z0-9.:-]+)*)?$/)
      .transform((text) => text.split(',').filter((address) => address !== '')),
    '',
    'addresses, separated by commas',
    'Where nodes reach the exports over NVMe/TCP; by default RDS_ADDRESS.',
  ),
  RDS_NVME_PORTS: setting(
    nvmePorts,
    '20000-29999',
    'a range such as 20000-29999, or shared:4420',
    'TCP ports of the exports: one for each volume, so that mounts outlive a reboot of the appliance; or one for all.',
  ),
  RDS_POOL: setting(
    z
      .string()
      .regex(/^(?:[A-Za-z0-9][A-Za-z0-9._-]*(?:,[A-Za-z0-9][A-Za-z0-9._-]*)*)?$/)
      .transform((text) => text.split(',').filter((pool) => pool !== '')),
    '',
    'mount points, separated by commas',
    'Use only these pools of the appliance; by default every mounted btrfs, xfs or ext4. The first by name is the default.',
  ),
  RDS_POOL_RESERVE_PERCENT: setting(
    whole(0, 90),
    '5',
    '0 to 90',
    'How much of a pool new volumes never take.',
  ),
  RDS_OVERCOMMIT: setting(
    z
      .string()
      .regex(/^(?:[1-9]|10)(?:\.\d{1,3})?$/)
      .transform(Number)
      .refine((factor) => factor >= 1 && factor <= 10),
    '1',
    '1 to 10',
    'How often the space of thin volumes may be promised. Above 1 a full pool makes writes of volumes fail.',
  ),
  RDS_EXISTING_IMAGES: setting(
    z.enum(['unknown', 'adopted']),
    'unknown',
    'unknown, adopted',
    'What an existing image at file-path becomes, as `rose-csi doctor --write-tests` found it. Snapshots and clones need `adopted`.',
  ),
  RDS_SETTLE_SECONDS: setting(
    whole(0, 60),
    '2',
    '0 to 60',
    'How long an export must have been stopped before another node gets the volume.',
  ),
  MOCK_DATA_DIR: setting(
    z.union([absolutePath, z.literal('memory')]),
    '/var/lib/rose-csi/mock',
    'an absolute path, or memory',
    'Where the mock keeps its records and images. In memory, volumes are lost at exit and cannot be attached.',
  ),
  MOCK_POOLS: setting(
    pools,
    'default=100GiB',
    'name=size,… with sizes such as 100GiB or bytes',
    "The mock's pools; the first by name is the default.",
  ),
  MOCK_LATENCY_MS: setting(
    whole(0, 60_000),
    '0',
    '0 to 60000',
    'How long each operation of the mock takes, to see what a far appliance feels like.',
  ),
  STATE_DIR: setting(
    absolutePath,
    '/var/lib/rose-csi/state',
    'an absolute path',
    'Where the node keeps its notes on formats in progress. Must survive a restart of the node plugin.',
  ),
  NODE_APPLIANCES: setting(
    nodeAppliances,
    'all',
    "all, probe, or appliances' names, separated by commas",
    'The appliances that this node reaches: all of RDS_CONFIG (or RDS_NAME), these, or those whose NVMe ports answer when the node is registered.',
  ),
  MAX_VOLUMES_PER_NODE: setting(
    whole(1, 4096),
    '128',
    '1 to 4096',
    'How many volumes the scheduler may place on this node.',
  ),
  CALL_TIMEOUT_SECONDS: setting(
    whole(1, 3600),
    '120',
    '1 to 3600',
    'The deadline of a call whose client set none.',
  ),
  SHUTDOWN_GRACE_SECONDS: setting(
    whole(0, 600),
    '30',
    '0 to 600',
    'How long running calls may take to finish after SIGTERM.',
  ),
  HTTP_ADDRESS: setting(
    httpAddress,
    ':9809',
    'host:port, :port or off',
    'Where /metrics and /healthz are served.',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    z.string().regex(/^(?:https?:\/\/[^\s]+)?$/),
    '',
    'http://host:port or https://host:port',
    'An OpenTelemetry collector that spans are sent to, by OTLP over HTTP, to /v1/traces below it. By default none are made.',
  ),
  ...KUBERNETES_SETTINGS,
  LOG_LEVEL: setting(
    z.enum(['debug', 'info', 'warn', 'error']),
    'info',
    'debug, info, warn, error',
    'The least level that is logged.',
  ),
  LOG_FORMAT: setting(
    z.enum(['auto', 'json', 'text']),
    'auto',
    'auto, json, text',
    'One JSON line an event, or text for people; auto: text on a terminal.',
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;
/** The validated settings by name. */
export type Settings = { readonly [Name in SettingName]: z.infer<(typeof SETTINGS)[Name]['schema']> };

/** What only all settings together show to be wrong: each fault in words, with the remedy. */
export function faultsTogether(settings: Settings): string[] {
  // Of the appliances in a file each is looked at by itself.
  const appliance = settings.RDS_CONFIG === '' ? faultsOfAppliance(settings) : [];
  return [...leaseFaults(settings), ...appliance, ...clusterFaults(settings)];
}

function leaseFaults(settings: Settings): string[] {
  const { LEASE_SECONDS, LEASE_RENEW_SECONDS, LEASE_RETRY_SECONDS } = settings;
  if (LEASE_SECONDS > LEASE_RENEW_SECONDS && LEASE_RENEW_SECONDS > LEASE_RETRY_SECONDS) return [];
  return ['LEASE_SECONDS must be more than LEASE_RENEW_SECONDS, and that more than LEASE_RETRY_SECONDS'];
}

const speaksWithAppliances = ({ RDS_BACKEND, CSI_MODE }: Settings): boolean =>
  RDS_BACKEND === 'routeros' && CSI_MODE !== 'node';
const needed = 'RDS_BACKEND=routeros needs it';

function clusterFaults(settings: Settings): string[] {
  const { KUBERNETES, CLUSTER_ID } = settings;
  if (!speaksWithAppliances(settings) || KUBERNETES === 'on') return [];
  if (CLUSTER_ID !== SETTINGS.CLUSTER_ID.fallback) return [];
  return [
    `CLUSTER_ID is not set; ${needed}, since volumes are found by it: the UID of the namespace kube-system is a good one`,
  ];
}

/** What an appliance lacks to be spoken with, in words. */
export function faultsOfAppliance(settings: Settings): string[] {
  if (!speaksWithAppliances(settings)) return unheard(settings);
  const { RDS_ADDRESS, RDS_USER, RDS_HOST_KEY, RDS_PRIVATE_KEY_FILE, RDS_PASSWORD_FILE } = settings;
  return [
    RDS_ADDRESS === '' && `RDS_ADDRESS is not set; ${needed}: ${SETTINGS.RDS_ADDRESS.allowed}`,
    RDS_USER === '' && `RDS_USER is not set; ${needed}: ${SETTINGS.RDS_USER.allowed}`,
    RDS_PRIVATE_KEY_FILE === '' &&
      RDS_PASSWORD_FILE === '' &&
      `RDS_PRIVATE_KEY_FILE is not set; ${needed}, or RDS_PASSWORD_FILE in its place`,
    RDS_HOST_KEY === '' &&
      !settings.RDS_INSECURE_HOST_KEY &&
      `RDS_HOST_KEY is not set; ${needed}: ssh-keyscan shows it, compare it on the appliance. ` +
        'RDS_INSECURE_HOST_KEY=true trusts whoever answers instead',
  ].filter((fault) => fault !== false);
}

/** Who names an appliance wants his volumes there, not on the disk of a machine of the cluster. */
function unheard({ RDS_ADDRESS, RDS_BACKEND, CSI_MODE }: Settings): string[] {
  if (RDS_ADDRESS === '' || RDS_BACKEND === 'routeros' || CSI_MODE === 'node') return [];
  return [
    `RDS_ADDRESS is ${RDS_ADDRESS}, but RDS_BACKEND=${RDS_BACKEND} speaks with no appliance; set RDS_BACKEND=routeros`,
  ];
}
