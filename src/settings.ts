import { z } from 'zod';
import { parseBytes } from './core/bytes.ts';
import { isNqnBase } from './core/storage/nqn.ts';
import { isApplianceName } from './core/storage/volume-id.ts';

/** One setting: an environment variable and a flag alike. */
export interface Setting<Value> {
  /** Reads the text; a fault becomes «NAME is <given>; allowed: <allowed>». */
  readonly schema: z.ZodType<Value, string>;
  readonly allowed: string;
  /** As text, as a person would set it. */
  readonly fallback: string;
  readonly help: string;
}

const setting = <Value>(
  schema: z.ZodType<Value, string>,
  fallback: string,
  allowed: string,
  help: string,
): Setting<Value> => ({ schema, allowed, fallback, help });

const matching = (test: (text: string) => boolean) => z.string().refine(test);
const absolutePath = z.string().regex(/^\/(?!.*(?:^|\/)\.\.(?:\/|$))[^\0]*$/);
const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .refine((value) => value >= least && value <= most);

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
    'Tells clusters apart that share an appliance. Never change it: volumes are found by it.',
  ),
  RDS_BACKEND: setting(z.enum(['mock']), 'mock', 'mock', 'Where volumes are kept.'),
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
