import type { Value } from './value.ts';

/** One command of a script, for who charges time, plays faults or keeps a journal. */
export interface StatementInfo {
  /** The menu's path; absent for built-in commands such as `:put`. */
  readonly path?: string | undefined;
  readonly command: string;
  /** Named arguments whose values can be told without running a command: literals, variables, `(…)` of them. */
  readonly args: ReadonlyMap<string, Value>;
  /** As it was written. */
  readonly text: string;
}

/**
 * Called around every command, but not for those in the arguments of a menu's command: that is one statement.
 * `before` is called while nothing is held, so it may wait; a ScriptError that it throws is the command's. `after` is
 * called however the command ended. What has nothing to wait for returns nothing, rather than a promise: scripts run
 * thousands of statements.
 */
export interface StatementHook {
  before(statement: StatementInfo): void | Promise<void>;
  after(statement: StatementInfo): void | Promise<void>;
}
