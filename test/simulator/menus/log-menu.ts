import type { Appliance } from '../appliance/appliance.ts';
import { missingValue } from '../appliance/failures.ts';
import type { LogEntry } from '../appliance/log.ts';
import { dateTime } from '../appliance/time.ts';
import type { Command, ListMenu } from './list-menu.ts';

/** `/log`: what scripts and the simulator wrote. */
export function logMenu({ log }: Appliance): ListMenu<LogEntry> {
  const write = (level: string): Command<LogEntry> => ({
    plays: ['message'],
    onItems: false,
    policies: [],
    run: (_, args) => {
      const message = args.text('message');
      if (message === undefined) throw missingValue('message');
      log.add(`script,${level}`, message);
      return undefined;
    },
  });
  return {
    path: '/log',
    key: '.id',
    properties: [
      { name: 'time', form: 'date', read: ({ timeMs }) => dateTime(timeMs) },
      { name: 'topics', form: 'word', read: ({ topics }) => topics },
      { name: 'message', form: 'text', read: ({ message }) => message },
    ],
    flags: [],
    columns: ['time', 'topics', 'message'],
    items: () => log.entries(),
    id: ({ id }) => id,
    byId: (id) => log.entries().find((entry) => entry.id === id),
    byKey: () => undefined,
    commands: new Map(['debug', 'info', 'warning', 'error'].map((level) => [level, write(level)])),
  };
}
