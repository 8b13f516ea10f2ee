import type { Appliance } from '../appliance/appliance.ts';
import { type DiskItem, isMounted, type PoolItem } from '../appliance/disk-items.ts';
import { failure, missingValue, NotPlayed, unknownValue } from '../appliance/failures.ts';
import { ScriptId, type Value } from '../script/value.ts';
import { FILE_DISK_ARGUMENTS, fileDiskSettings } from './disk-arguments.ts';
import { diskFlags, diskProperties } from './disk-properties.ts';
import { monitorTraffic } from './disk-traffic.ts';
import type { Command, ListMenu } from './list-menu.ts';
import { namedItems } from './select.ts';
import { Arguments } from './values.ts';

/** `/disk`: file disks with all that a driver does to them; pools and drives as far as it looks at them. */
export function diskMenu(appliance: Appliance): ListMenu<DiskItem> {
  const { table } = appliance;
  const menu: ListMenu<DiskItem> = {
    path: '/disk',
    key: 'slot',
    comment: 'comment',
    properties: diskProperties(appliance),
    flags: diskFlags(appliance),
    columns: ['slot', 'model', 'serial', 'interface', 'size', 'free', 'fs', 'raid-master'],
    items: () => table.items(),
    id: ({ id }) => id,
    byId: (id) => table.item(id),
    byKey: (slot) => table.slot(slot),
    commands: new Map(),
  };
  return { ...menu, commands: new Map(Object.entries(commands(appliance, menu))) };
}

function commands(appliance: Appliance, menu: ListMenu<DiskItem>): Record<string, Command<DiskItem>> {
  const policies = appliance.assumptions.diskPolicies;
  const change = (
    plays: readonly string[],
    run: (items: readonly DiskItem[], args: Arguments) => void,
  ): Command<DiskItem> => ({
    plays,
    onItems: true,
    policies,
    run: (items, args) => {
      run(items, args);
      return undefined;
    },
  });
  const set = (items: readonly DiskItem[], args: Arguments) => setItems(appliance, items, args);
  const setTo = (name: string, value: Value) => (items: readonly DiskItem[]) =>
    set(items, new Arguments(new Map([[name, value]])));
  return {
    add: {
      plays: [...FILE_DISK_ARGUMENTS, 'type', 'copy-from'],
      onItems: false,
      policies,
      run: (_, args) => add(appliance, menu, args),
    },
    set: change(
      FILE_DISK_ARGUMENTS.filter((name) => name !== 'file-path'),
      set,
    ),
    unset: change(['value-name'], (items, args) => setTo(unsettable(args), undefined)(items)),
    comment: change(['comment'], set),
    enable: change([], setTo('disabled', false)),
    disable: change([], setTo('disabled', true)),
    remove: change([], (items) => {
      appliance.fileDisks.remove(items.map(removable));
    }),
    trim: change([], (items) => {
      for (const item of items) if (!isMounted(poolOnly(item, 'trim'))) throw failure('no pool');
    }),
    'raid-scrub': change([], (items) => {
      // Seen: the beginning of the state while it runs. ASSUMED[model-edges]: the rest.
      for (const item of items) raid(item).state = 'clean, sync:repair, resync = 0.0%';
    }),
    'raid-scrub-cancel': change([], (items) => {
      for (const item of items) raid(item).state = 'clean';
    }),
    'monitor-traffic': {
      plays: ['once', 'as-value', 'without-paging'],
      onItems: true,
      policies: ['read'],
      run: (items, args, session) => monitorTraffic(appliance, menu, items, args, session),
    },
  };
}

function add(appliance: Appliance, menu: ListMenu<DiskItem>, args: Arguments): Value {
  const [source] = namedItems(menu, args.raw('copy-from'));
  if (source && source.kind !== 'file') throw new NotPlayed('/disk add copy-from= of another type');
  const type = args.text('type') ?? (source && 'file');
  if (type === undefined) throw missingValue('type');
  if (type !== 'file') throw new NotPlayed(`/disk add type=${type}`);
  return new ScriptId(appliance.fileDisks.add(fileDiskSettings(args), source?.settings).id);
}

function setItems(appliance: Appliance, items: readonly DiskItem[], args: Arguments): Value {
  const others = items.filter((item) => item.kind !== 'file');
  for (const item of others) requireSettable(item, args);
  const files = items.filter((item) => item.kind === 'file');
  const settings = fileDiskSettings(args);
  appliance.fileDisks.set(files, settings);
  for (const item of others) {
    item.comment = settings.comment ?? item.comment;
    if (item.kind === 'pool') setPool(appliance, item, args);
  }
  return undefined;
}

function requireSettable(item: Exclude<DiskItem, { kind: 'file' }>, args: Arguments): void {
  const played =
    item.kind === 'pool' ? ['comment', 'compress', 'mount-filesystem', 'numbers'] : ['comment', 'numbers'];
  const other = args.names().find((name) => !played.includes(name));
  if (other !== undefined) throw new NotPlayed(`/disk set ${item.slot} ${other}=`);
  if (item.kind === 'pool' && args.truth('compress') && item.fs !== 'btrfs') throw failure('compress');
}

function setPool(appliance: Appliance, pool: PoolItem, args: Arguments): void {
  pool.compress = args.truth('compress') ?? pool.compress;
  const mount = args.truth('mount-filesystem');
  if (mount === undefined || mount === pool.mountFilesystem) return;
  pool.mountFilesystem = mount;
  appliance.poolChanged(pool);
}

function removable(item: DiskItem) {
  if (item.kind === 'pool') throw new NotPlayed(`/disk remove of ${item.slot}, which is no file disk,`);
  if (item.kind === 'drive') throw failure('fixed item');
  return item;
}

/** @throws NotPlayed · ScriptError */
function unsettable(args: Arguments): string {
  const name = args.text('value-name');
  if (name === undefined) throw missingValue('value-name');
  if (!FILE_DISK_ARGUMENTS.includes(name)) throw unknownValue('value-name');
  if (!['comment', 'nvme-tcp-server-nqn', 'nvme-tcp-server-allow-host-name'].includes(name)) {
    throw new NotPlayed(`/disk unset ${name}`);
  }
  return name;
}

function poolOnly(item: DiskItem, command: string): PoolItem {
  if (item.kind !== 'pool') throw new NotPlayed(`/disk ${command} of anything but a pool`);
  return item;
}

function raid(item: DiskItem): PoolItem {
  const pool = poolOnly(item, 'raid-scrub');
  if (!pool.raid) throw new NotPlayed('/disk raid-scrub of anything but a RAID');
  return pool;
}
