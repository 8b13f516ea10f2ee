import { both, type Code, equals, property } from '../script/code.ts';
import { command, find } from '../script/command.ts';
import { type DiskRow, ofSlot } from './disk-row.ts';

/** The one `set` whose condition is the exact record that was decided on. */
export function compareAndSet(
  { slot, comment }: DiskRow,
  change: Readonly<Record<string, string | boolean | undefined>>,
): Code {
  const items = find('/disk', both(ofSlot(slot), equals(property('comment'), comment)));
  return command('/disk', 'set', change, { items });
}
