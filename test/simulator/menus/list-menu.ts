import type { Value } from '../script/value.ts';
import type { MenuCall, MenuSession } from './menu.ts';
import type { Arguments } from './values.ts';

/**
 * How text output writes a value: text in quotes; word as it is; grouped digits (`1 099 511 627 776`); rounded size
 * (`50.0GiB`); percent; duration (`1d2h`); date with time.
 */
export type TextForm = 'text' | 'word' | 'grouped' | 'rounded' | 'percent' | 'duration' | 'date';

export interface Property<T> {
  readonly name: string;
  readonly form: TextForm;
  /** The raw value, as `as-value`, `get` and `where` see it. undefined: the item has none, and nothing prints it. */
  readonly read: (item: T) => Value;
  /** `get` and `proplist` only: the file's contents, a password. */
  readonly onDemand?: boolean;
}

/** A flag of an item. Flags of one column exclude each other. */
export interface Flag<T> {
  readonly letter: string;
  /** As a key of as-value: `nvme-tcp-export`. */
  readonly name: string;
  readonly column: number;
  readonly read: (item: T) => boolean;
}

/** What a command of a menu does with the items it is given. */
export interface Command<T> {
  /** The named arguments that the model plays; the version's schema may have more. */
  readonly plays: readonly string[];
  /** Whether it takes items (`numbers`), which are looked up before. */
  readonly onItems: boolean;
  readonly policies: readonly string[];
  readonly run: (items: readonly T[], args: Arguments, session: MenuSession) => Value | Promise<Value>;
}

/** A menu that the simulator plays. */
export interface PlayedMenu {
  readonly path: string;
  /** What changes the appliance is done before the first `await`. @throws ScriptError */
  run(call: MenuCall): Promise<Value>;
}

/** A menu whose items can be listed, found and changed. */
export interface ListMenu<T> {
  readonly path: string;
  /** By whose value commands take an item in place of its id: `/disk set nvme1 …`. */
  readonly key: string;
  /** In the order of `print detail`. */
  readonly properties: readonly Property<T>[];
  /** In the order of the legend. */
  readonly flags: readonly Flag<T>[];
  /** Of the table, in order; those that no item has a value for aren't shown. */
  readonly columns: readonly string[];
  /** The property that stands as `;;; …` over the item. */
  readonly comment?: string;
  readonly items: () => Iterable<T>;
  readonly id: (item: T) => string;
  readonly byId: (id: string) => T | undefined;
  readonly byKey: (key: string) => T | undefined;
  readonly commands: ReadonlyMap<string, Command<T>>;
}

/** A menu of settings: `/system/identity`. */
export interface SettingsMenu {
  readonly path: string;
  readonly properties: readonly Property<undefined>[];
  readonly commands: ReadonlyMap<string, Command<undefined>>;
}
