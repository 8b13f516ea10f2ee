import type { Appliance } from '../appliance/appliance.ts';
import { missingValue } from '../appliance/failures.ts';
import type { SubvolumeItem } from '../appliance/subvolumes.ts';
import { dateTime } from '../appliance/time.ts';
import { ScriptId, type Value } from '../script/value.ts';
import type { Command, Flag, ListMenu, Property } from './list-menu.ts';
import type { Arguments } from './values.ts';

/**
 * `/disk/btrfs/subvolume`, names and meanings as in the manual's reference. Snapshots are subvolumes with a parent;
 * `name` is the last part of the path, `fullname` all of it; the root is `<FS_ROOT>`.
 */
export function subvolumeMenu(appliance: Appliance): ListMenu<SubvolumeItem> {
  const { subvolumeTable } = appliance;
  return {
    path: '/disk/btrfs/subvolume',
    key: 'name',
    properties: properties(appliance),
    flags: FLAGS,
    columns: ['fs', 'name', 'parent', 'top-level', 'creation-time'],
    items: () => subvolumeTable.items(),
    id: ({ subvolume }) => subvolume.id,
    byId: (id) => subvolumeTable.item(id),
    // ASSUMED[model-edges]: names may be used twice, so none stands for an item.
    byKey: () => undefined,
    commands: new Map(Object.entries(commands(appliance))),
  };
}

function properties({ subvolumeTable }: Appliance): readonly Property<SubvolumeItem>[] {
  const parent = ({ subvolume: { source } }: SubvolumeItem): Value => {
    const item = source === undefined ? undefined : subvolumeTable.item(source);
    // ASSUMED[model-edges]: a parent that is gone is shown as none.
    return item && subvolumeTable.name(item);
  };
  return [
    { name: 'fs', form: 'word', read: ({ pool }) => pool.label },
    { name: 'parent', form: 'word', read: parent },
    { name: 'name', form: 'text', read: (item) => subvolumeTable.name(item) },
    { name: 'read-only', form: 'word', read: ({ subvolume }) => subvolume.readOnly },
    { name: 'mount', form: 'word', read: ({ subvolume }) => subvolume.mount },
    { name: 'mountpoint', form: 'text', read: ({ subvolume }) => subvolume.mountpoint || undefined },
    { name: 'top-level', form: 'word', read: (item) => subvolumeTable.topLevel(item) },
    { name: 'fullname', form: 'text', read: (item) => subvolumeTable.fullname(item) },
    { name: 'uuid', form: 'text', read: ({ subvolume }) => subvolume.uuid },
    { name: 'received-uuid', form: 'text', read: () => '' },
    { name: 'creation-time', form: 'date', read: ({ subvolume }) => dateTime(subvolume.createdMs) },
    { name: 'subvolume-id', form: 'word', read: ({ subvolume }) => BigInt(subvolume.number) },
    { name: 'generation', form: 'word', read: ({ subvolume }) => BigInt(subvolume.generation) },
    { name: 'path', form: 'text', read: () => '' },
  ];
}

const FLAGS: readonly Flag<SubvolumeItem>[] = [
  { letter: '*', name: 'default', column: 0, read: ({ folder }) => folder.kind === 'disk' },
  { letter: 'S', name: 'snapshot', column: 1, read: ({ subvolume }) => subvolume.source !== undefined },
  { letter: 'r', name: 'read-only', column: 2, read: ({ subvolume }) => subvolume.readOnly },
  { letter: 'D', name: 'dead', column: 3, read: () => false },
  { letter: 'M', name: 'mounted', column: 4, read: ({ subvolume }) => subvolume.mount },
];

function commands({ subvolumeTable, assumptions }: Appliance): Record<string, Command<SubvolumeItem>> {
  const policies = assumptions.diskPolicies;
  const settings = ['name', 'read-only', 'mount', 'mountpoint'];
  return {
    add: {
      plays: [...settings, 'fs', 'parent'],
      onItems: false,
      policies,
      run: (_, args) => new ScriptId(subvolumeTable.add(wish(args)).subvolume.id),
    },
    set: {
      plays: settings,
      onItems: true,
      policies,
      run: (items, args) => {
        subvolumeTable.set(items, change(args));
        return undefined;
      },
    },
    remove: {
      plays: [],
      onItems: true,
      policies,
      run: (items) => {
        subvolumeTable.remove(items);
        return undefined;
      },
    },
  };
}

function wish(args: Arguments) {
  const fs = args.text('fs');
  const name = args.text('name');
  if (fs === undefined) throw missingValue('fs');
  if (name === undefined || name === '') throw missingValue('name');
  return {
    fs,
    name,
    parent: args.text('parent'),
    readOnly: args.truth('read-only') ?? false,
    mount: args.truth('mount') ?? false,
    mountpoint: args.text('mountpoint') ?? '',
  };
}

function change(args: Arguments) {
  const name = args.text('name');
  const readOnly = args.truth('read-only');
  const mount = args.truth('mount');
  const mountpoint = args.text('mountpoint');
  return {
    ...(name === undefined ? {} : { name }),
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(mount === undefined ? {} : { mount }),
    ...(mountpoint === undefined ? {} : { mountpoint }),
  };
}
