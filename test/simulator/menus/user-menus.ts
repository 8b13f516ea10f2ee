import { type ActiveUser, type Group, POLICIES, type User } from '../appliance/accounts.ts';
import type { Appliance } from '../appliance/appliance.ts';
import { dateTime } from '../appliance/time.ts';
import type { Command, ListMenu } from './list-menu.ts';
import { list } from './values.ts';

/** `/user`: looked at, enabled and disabled. */
export function userMenu({ accounts }: Appliance): ListMenu<User> {
  const { users } = accounts;
  const disable = (disabled: boolean): Command<User> => ({
    plays: [],
    onItems: true,
    policies: ['write', 'policy'],
    run: (items) => {
      for (const user of items) user.disabled = disabled;
      return undefined;
    },
  });
  return {
    path: '/user',
    key: 'name',
    comment: 'comment',
    properties: [
      { name: 'comment', form: 'text', read: ({ comment }) => comment || undefined },
      { name: 'name', form: 'text', read: ({ name }) => name },
      { name: 'group', form: 'word', read: ({ group }) => group.name },
      { name: 'address', form: 'text', read: () => '' },
      { name: 'last-logged-in', form: 'word', read: () => undefined },
    ],
    flags: [{ letter: 'X', name: 'disabled', column: 0, read: ({ disabled }) => disabled }],
    columns: ['name', 'group', 'last-logged-in'],
    items: () => users,
    id: ({ id }) => id,
    byId: (id) => users.find((user) => user.id === id),
    byKey: (name) => users.find((user) => user.name === name),
    commands: new Map([
      ['enable', disable(false)],
      ['disable', disable(true)],
    ]),
  };
}

/** `/user/group`: policies as RouterOS lists them, those it lacks with a `!`. */
export function groupMenu({ accounts }: Appliance): ListMenu<Group> {
  const { groups } = accounts;
  return {
    path: '/user/group',
    key: 'name',
    properties: [
      { name: 'name', form: 'text', read: ({ name }) => name },
      {
        name: 'policy',
        form: 'word',
        read: ({ policies }) =>
          list(POLICIES.map((policy) => (policies.has(policy) ? policy : `!${policy}`))),
      },
      { name: 'skin', form: 'word', read: () => 'default' },
    ],
    flags: [],
    columns: ['name', 'policy', 'skin'],
    items: () => groups,
    id: ({ id }) => id,
    byId: (id) => groups.find((group) => group.id === id),
    byKey: (name) => groups.find((group) => group.name === name),
    commands: new Map(),
  };
}

/** `/user/active`: who is logged in. */
export function activeMenu({ accounts }: Appliance): ListMenu<ActiveUser> {
  return {
    path: '/user/active',
    key: '.id',
    properties: [
      { name: 'when', form: 'date', read: ({ sinceMs }) => dateTime(sinceMs) },
      { name: 'name', form: 'text', read: ({ name }) => name },
      { name: 'address', form: 'word', read: ({ address }) => address },
      { name: 'via', form: 'word', read: ({ via }) => via },
      { name: 'group', form: 'word', read: ({ group }) => group },
    ],
    flags: [{ letter: 'R', name: 'radius', column: 0, read: () => false }],
    columns: ['when', 'name', 'address', 'via'],
    items: () => accounts.active(),
    id: ({ id }) => id,
    byId: (id) => accounts.active().find((user) => user.id === id),
    byKey: () => undefined,
    commands: new Map(),
  };
}
