import type { Value } from '../script/value.ts';

/** The menus of an appliance, as the script language sees them. */
export interface Menus {
  /** Whether it is a menu path, such as `/disk/btrfs/subvolume`. Names are never abbreviated. */
  isMenu(path: string): boolean;
  hasCommand(path: string, command: string): boolean;
  hasArgument(path: string, command: string, argument: string): boolean;
  /**
   * Runs one command. What changes the appliance is done in one go, before the first `await`.
   * @throws ScriptError what a script can catch
   */
  run(call: MenuCall): Promise<Value>;
}

export interface MenuCall {
  /** `/disk` */
  readonly path: string;
  /** `add`, `set`, `find`, `print`, `get`, `remove` … */
  readonly command: string;
  /** Named arguments; flags without a value (`detail`, `as-value`, `once`) are `true`. */
  readonly args: ReadonlyMap<string, Value>;
  /** Positional ones: `remove $id`, `set [find …] x=y`, `get $id slot`. */
  readonly unnamed: readonly Value[];
  /** `where` as a predicate over a row's properties; for `find` and `print`. */
  readonly where?: (row: ReadonlyMap<string, Value>) => boolean | Promise<boolean>;
  /** A hint that saves asking every row: equalities that `where` implies. Rows found by it are still asked. */
  readonly equals?: ReadonlyMap<string, Equality>;
  readonly session: MenuSession;
}

/** What a property is wanted to be. */
export interface Equality {
  readonly value: Value;
  /** The variable that has the value: in a menu with a property of that name, the property is meant. */
  readonly variable?: string;
}

export interface MenuSession {
  readonly user: string;
  readonly policies: ReadonlySet<string>;
  /** Terminal width in columns. */
  readonly width: number;
  /** Aborts when the SSH session dies; a script then stops at its next statement. */
  readonly signal: AbortSignal;
  /** Text to the client, lines ended by `\r\n`. */
  print(text: string): void;
}
