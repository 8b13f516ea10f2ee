import type { Appliance } from '../appliance/appliance.ts';
import { type DiskItem, type FileDiskItem, isMounted, type PoolItem } from '../appliance/disk-items.ts';
import type { Value } from '../script/value.ts';
import type { Flag, Property, TextForm } from './list-menu.ts';

/** How a kind of item reads a property; a drive has those that it was given. */
interface Readers {
  readonly file?: (item: FileDiskItem) => Value;
  readonly pool?: (item: PoolItem) => Value;
}

/** ASSUMED[model-edges]: the names of levels other than 0 and 1, which were seen. */
const RAID_MODELS: Readonly<Record<string, string>> = {
  '0': 'RAID0 striped',
  '1': 'RAID1 mirrored',
  '4': 'RAID4 parity',
  '5': 'RAID5 parity',
  '6': 'RAID6 double parity',
  linear: 'RAID linear',
};
/** What a pool's file system has used from the start: its root and, on xfs, two inodes of its own. */
const FIRST_INODES = 3n;

function property(name: string, form: TextForm, { file, pool }: Readers): Property<DiskItem> {
  const read = (item: DiskItem): Value => {
    if (item.kind === 'file') return file?.(item);
    return item.kind === 'pool' ? pool?.(item) : item.properties[name];
  };
  return { name, form, read };
}

const fixed = (name: string, form: TextForm, value: Value): Property<DiskItem> =>
  property(name, form, { file: () => value, pool: () => value });

const comment: Property<DiskItem> = {
  name: 'comment',
  form: 'text',
  read: (item) => (item.kind === 'file' ? item.settings.comment : item.comment) || undefined,
};

/**
 * In the order of `/disk print detail` on RouterOS 7.24.4 (github.com/singlecheeze/ocp-cheat-sheet). Sizes in bytes.
 */
export function diskProperties(appliance: Appliance): readonly Property<DiskItem>[] {
  const { table, fileDisks, assumptions } = appliance;
  /** undefined: the image is gone, or its pool is offline. */
  const image = ({ image: node }: FileDiskItem) => (node && table.poolOf(node) ? node : undefined);
  const mounted = (value: (pool: PoolItem) => Value) => (pool: PoolItem) =>
    isMounted(pool) ? value(pool) : undefined;
  const target = (value: (item: FileDiskItem) => Value) => (item: FileDiskItem) =>
    item.settings.nvmeExport || assumptions.targetWhileNotExported === 'shown' ? value(item) : undefined;
  const hasNqn = appliance.schema.hasArgument('/disk', 'add', 'nvme-tcp-server-nqn');

  return [
    comment,
    property('type', 'word', { file: () => 'file', pool: ({ raid }) => (raid ? 'raid' : 'hardware') }),
    property('slot', 'text', { file: ({ settings }) => settings.slot, pool: ({ slot }) => slot }),
    property('slot-default', 'text', {
      file: () => '',
      pool: ({ raid, slot }) => (raid ? '' : slot),
    }),
    fixed('parent', 'text', ''),
    property('fs-label', 'text', { pool: ({ label }) => label }),
    property('fs-uuid', 'text', { pool: ({ fsUuid }) => fsUuid }),
    property('fs', 'word', { file: (item) => image(item)?.guestFs ?? '-', pool: ({ fs }) => fs }),
    property('model', 'text', {
      file: ({ settings }) => settings.filePath,
      pool: ({ raid }) => (raid ? (RAID_MODELS[raid.level] ?? '') : 'NVMe drive'),
    }),
    property('serial', 'text', {}),
    property('fw-version', 'text', {}),
    property('size', 'grouped', { file: (item) => image(item)?.size, pool: ({ space }) => space.bytes }),
    property('free', 'grouped', { pool: mounted(({ space }) => space.free) }),
    property('total-inodes', 'grouped', { pool: mounted(({ inodes }) => inodes) }),
    property('free-inodes', 'grouped', {
      pool: mounted(
        (pool) => pool.inodes && pool.inodes - FIRST_INODES - BigInt(appliance.tree.count(pool.mount)),
      ),
    }),
    property('use', 'percent', { pool: mounted(usedPercent) }),
    property('mount-point', 'text', {
      file: (item) => (isGuestMounted(item) ? item.settings.slot : undefined),
      pool: mounted(({ mount }) => mount.name),
    }),
    property('mount-filesystem', 'word', {
      file: ({ settings }) => settings.mountFilesystem,
      pool: ({ mountFilesystem }) => mountFilesystem,
    }),
    property('mount-read-only', 'word', {
      file: ({ settings }) => settings.mountReadOnly,
      pool: () => false,
    }),
    property('compress', 'word', {
      file: ({ settings }) => settings.compress,
      pool: ({ compress }) => compress,
    }),
    fixed('sector-size', 'word', 512n),
    property('interface', 'text', {}),
    property('raid-type', 'word', { pool: ({ raid }) => raid?.level }),
    property('raid-device-count', 'word', { pool: ({ raid }) => raid && BigInt(raid.devices) }),
    property('raid-max-component-size', 'word', { pool: ({ raid }) => raid && 'none' }),
    property('raid-chunk-size', 'word', { pool: ({ raid }) => raid?.chunk }),
    fixed('raid-master', 'word', 'none'),
    property('raid-role', 'word', {}),
    property('raid-member-failed', 'word', {}),
    property('raid-member-state', 'text', {}),
    property('state', 'text', { pool: ({ raid, state }) => raid && state }),
    property('raid-uuid', 'text', { pool: ({ raid }) => raid?.uuid }),
    property('nvme-tcp-export', 'word', { file: ({ settings }) => settings.nvmeExport, pool: () => false }),
    property('nvme-tcp-server-port', 'word', { file: target(({ settings }) => settings.nvmePort) }),
    ...(hasNqn
      ? [
          property('nvme-tcp-server-nqn', 'text', {
            file: target(({ settings }) => fileDisks.nqn(settings)),
          }),
        ]
      : []),
    property('nvme-tcp-server-allow-host-name', 'text', {
      file: target(({ settings }) => settings.nvmeAllowHost),
    }),
    fixed('iscsi-export', 'word', false),
    fixed('nfs-sharing', 'word', false),
    fixed('smb-sharing', 'word', false),
    fixed('media-sharing', 'word', false),
    fixed('media-interface', 'word', 'none'),
    fixed('swap', 'word', false),
    property('file-path', 'word', { file: ({ settings }) => settings.filePath }),
    property('file-size', 'rounded', { file: ({ settings }) => settings.fileSize }),
    property('file-offset', 'word', { file: ({ settings }) => settings.fileOffset }),
  ];
}

/** Letters, names and order as the manual's reference of `/disk` has them; M and F share a column in its examples. */
export function diskFlags(appliance: Appliance): readonly Flag<DiskItem>[] {
  const { table } = appliance;
  const never = () => false;
  const own: Readonly<Record<string, (item: Exclude<DiskItem, { kind: 'drive' }>) => boolean>> = {
    disabled: (item) => item.kind === 'file' && item.settings.disabled,
    'block-device': (item) =>
      item.kind === 'file' ? item.image !== undefined && table.poolOf(item.image) !== undefined : item.online,
    empty: (item) => item.kind === 'pool' && !item.online,
    mounted: (item) => (item.kind === 'file' ? isGuestMounted(item) : isMounted(item)),
    'nvme-tcp-export': (item) => item.kind === 'file' && item.settings.nvmeExport,
  };
  return LETTERS.map(([letter, name, column]) => ({
    letter,
    name,
    column,
    read: (item) => (item.kind === 'drive' ? item.flags.has(name) : (own[name] ?? never)(item)),
  }));
}

const LETTERS = [
  ['X', 'disabled', 0],
  ['A', 'acquired', 1],
  ['E', 'empty', 2],
  ['B', 'block-device', 3],
  ['M', 'mounted', 4],
  ['F', 'formatting', 4],
  ['S', 'swap-enabled', 5],
  ['f', 'raid-member-failed', 6],
  ['r', 'raid-member', 7],
  ['c', 'encrypted', 8],
  ['g', 'guid-partition-table', 9],
  ['p', 'partition', 10],
  ['t', 'nvme-tcp-export', 11],
  ['i', 'iscsi-export', 12],
  ['s', 'smb-sharing', 13],
  ['n', 'nfs-sharing', 14],
  ['m', 'media-sharing', 15],
] as const;

/** RouterOS finds the guest's file system and mounts it, unless it was told not to. */
const isGuestMounted = ({ settings, image }: FileDiskItem): boolean =>
  settings.mountFilesystem && !settings.disabled && image?.guestFs !== undefined;

/** Rounded up, as `df` does it. */
function usedPercent({ space }: PoolItem): bigint {
  const used = space.bytes - space.free;
  return space.bytes === 0n ? 0n : (used * 100n + space.bytes - 1n) / space.bytes;
}
