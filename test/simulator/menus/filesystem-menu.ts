import type { Appliance } from '../appliance/appliance.ts';
import { isMounted, type PoolItem } from '../appliance/disk-items.ts';
import type { ListMenu } from './list-menu.ts';
import { list } from './values.ts';

/** `/disk/btrfs/filesystem`: looked at only. Names as in the manual's reference. */
export function filesystemMenu({ table }: Appliance): ListMenu<PoolItem> {
  const items = () => [...table.pools()].filter((pool) => pool.fs === 'btrfs' && isMounted(pool));
  return {
    path: '/disk/btrfs/filesystem',
    key: 'label',
    properties: [
      { name: 'label', form: 'text', read: ({ label }) => label },
      { name: 'default-subvolume', form: 'word', read: () => '<FS_ROOT>' },
      { name: 'uuid', form: 'text', read: ({ fsUuid }) => fsUuid },
      { name: 'total-devs', form: 'word', read: () => 1n },
      { name: 'devs', form: 'word', read: ({ slot }) => list([slot]) },
    ],
    flags: [
      { letter: 'I', name: 'missing-devs', column: 0, read: () => false },
      { letter: 'b', name: 'balancing', column: 1, read: () => false },
      { letter: 'r', name: 'replacing', column: 2, read: () => false },
      { letter: 's', name: 'scrubbing', column: 3, read: () => false },
    ],
    columns: ['label', 'uuid', 'devs'],
    items,
    id: ({ id }) => id,
    byId: (id) => items().find((pool) => pool.id === id),
    byKey: (label) => items().find((pool) => pool.label === label),
    commands: new Map(),
  };
}
