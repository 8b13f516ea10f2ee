import type { Job } from '../appliance/accounts.ts';
import type { Appliance } from '../appliance/appliance.ts';
import { invalidValue } from '../appliance/failures.ts';
import { date, dateTime, timeOfDay } from '../appliance/time.ts';
import { ScriptTime } from '../script/value.ts';
import type { ListMenu, SettingsMenu } from './list-menu.ts';

/** `/system/identity`. RouterOS 7.24.3, which isn't among the versions here, had broken its text output. */
export function identityMenu(appliance: Appliance): SettingsMenu {
  return {
    path: '/system/identity',
    properties: [{ name: 'name', form: 'word', read: () => appliance.identity }],
    commands: new Map([
      [
        'set',
        {
          plays: ['name'],
          onItems: false,
          policies: ['write'],
          run: (_, args) => {
            appliance.identity = args.text('name') ?? appliance.identity;
            return undefined;
          },
        },
      ],
    ]),
  };
}

/** `/system/resource`: names as on the manual's page «Resource»; what doesn't change is an RDS2216's. */
export function resourceMenu({ clock, version, tree }: Appliance): SettingsMenu {
  const uptime = () => new ScriptTime(BigInt(Math.floor(clock.uptimeMs / 1_000)) * 1_000_000_000n);
  return {
    path: '/system/resource',
    properties: [
      { name: 'uptime', form: 'duration', read: uptime },
      { name: 'version', form: 'word', read: () => `${version} (stable)` },
      { name: 'build-time', form: 'date', read: () => '2026-01-01 00:00:00' },
      { name: 'free-memory', form: 'rounded', read: () => 31_138_512_896n },
      { name: 'total-memory', form: 'rounded', read: () => 34_359_738_368n },
      { name: 'cpu', form: 'word', read: () => 'ARM64' },
      { name: 'cpu-count', form: 'word', read: () => 16n },
      { name: 'cpu-load', form: 'percent', read: () => 1n },
      { name: 'free-hdd-space', form: 'rounded', read: () => tree.root.space.free },
      { name: 'total-hdd-space', form: 'rounded', read: () => tree.root.space.bytes },
      { name: 'architecture-name', form: 'word', read: () => 'arm64' },
      { name: 'board-name', form: 'word', read: () => 'RDS2216' },
      { name: 'platform', form: 'word', read: () => 'MikroTik' },
    ],
    commands: new Map(),
  };
}

/** `/system/clock`: date and time in UTC; `set` of both moves the wall clock. */
export function clockMenu({ clock }: Appliance): SettingsMenu {
  return {
    path: '/system/clock',
    properties: [
      { name: 'time', form: 'word', read: () => timeOfDay(clock.now()) },
      { name: 'date', form: 'word', read: () => date(clock.now()) },
      { name: 'time-zone-autodetect', form: 'word', read: () => true },
      { name: 'time-zone-name', form: 'word', read: () => 'Etc/UTC' },
      { name: 'gmt-offset', form: 'word', read: () => '+00:00' },
      { name: 'dst-active', form: 'word', read: () => false },
    ],
    commands: new Map([
      [
        'set',
        {
          plays: ['date', 'time'],
          onItems: false,
          policies: ['write'],
          run: (_, args) => {
            const day = args.text('date') ?? date(clock.now());
            const wanted = Date.parse(`${day}T${args.text('time') ?? timeOfDay(clock.now())}Z`);
            if (Number.isNaN(wanted)) throw invalidValue(args.has('date') ? 'date' : 'time');
            clock.aheadMs += wanted - clock.now();
            return undefined;
          },
        },
      ],
    ]),
  };
}

/** `/system/package`. */
export function packageMenu({ packages, version }: Appliance): ListMenu<string> {
  const id = (name: string) => `*${packages.indexOf(name) + 1}`;
  return {
    path: '/system/package',
    key: 'name',
    properties: [
      { name: 'name', form: 'text', read: (name) => name },
      { name: 'version', form: 'text', read: () => version },
      { name: 'build-time', form: 'date', read: () => '2026-01-01 00:00:00' },
      { name: 'scheduled', form: 'text', read: () => '' },
    ],
    flags: [
      { letter: 'X', name: 'disabled', column: 0, read: () => false },
      { letter: 'A', name: 'available', column: 1, read: () => false },
    ],
    columns: ['name', 'version', 'build-time'],
    items: () => packages,
    id,
    byId: (wanted) => packages.find((name) => id(name) === wanted),
    byKey: (wanted) => packages.find((name) => name === wanted),
    commands: new Map(),
  };
}

/** `/system/script/job`: what runs; removing one ends it. */
export function jobMenu({ accounts }: Appliance): ListMenu<Job> {
  return {
    path: '/system/script/job',
    key: '.id',
    properties: [
      { name: 'type', form: 'word', read: ({ type }) => type },
      { name: 'owner', form: 'text', read: ({ owner }) => owner },
      { name: 'started', form: 'date', read: ({ sinceMs }) => dateTime(sinceMs) },
    ],
    flags: [],
    columns: ['type', 'owner', 'started'],
    items: () => accounts.jobs(),
    id: ({ id }) => id,
    byId: (id) => accounts.jobs().find((job) => job.id === id),
    byKey: () => undefined,
    commands: new Map([
      [
        'remove',
        {
          plays: [],
          onItems: true,
          policies: ['write', 'policy'],
          run: (jobs) => {
            for (const job of jobs) job.cancel();
            return undefined;
          },
        },
      ],
    ]),
  };
}
