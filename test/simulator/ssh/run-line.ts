import type { MenuSession } from '../menus/menu.ts';
import type { StatementHook, StatementInfo } from '../script/statement-hook.ts';

/**
 * Runs one line, or a whole script. The SSH server needs no more of the appliance than this.
 * @returns false where an error ended it, which is printed to the session
 */
export type RunLine = (text: string, session: MenuSession, hook: StatementHook) => Promise<boolean>;

/** `/disk/add`; `:put` for a command without a menu. */
export const commandOf = ({ path, command }: Pick<StatementInfo, 'path' | 'command'>): string =>
  path === undefined ? `:${command}` : `${path}/${command}`;

/** Commands that leave the appliance as it was. What is not known counts as writing. */
const READS = /^:|\/(print|get|find|monitor-traffic|monitor|export|quit)$/;

/** @param command as `commandOf` names it */
export const writes = (command: string): boolean => !READS.test(command);
