import { Code, type Operand, property, separated, toCode } from './code.ts';

/** The menus that the driver uses. */
export type MenuPath =
  | '/disk'
  | '/disk/btrfs/subvolume'
  | '/file'
  | '/ip/service'
  | '/system/clock'
  | '/system/identity'
  | '/system/package'
  | '/system/resource'
  | '/user'
  | '/user/group';

/** Arguments by name; `true` stands for a flag that takes no value, such as `as-value`. */
export type Arguments = Readonly<Record<string, Operand | readonly string[] | undefined>>;

/** Flags of `print`, which are written without a value. */
const FLAGS: ReadonlySet<string> = new Set(['as-value', 'detail', 'count-only', 'without-paging', 'once']);

export interface CommandOptions {
  /** The items to act on, before the arguments. */
  readonly items?: Code;
  readonly where?: readonly Code[];
}

/** A menu command as a statement. */
export function command(
  path: MenuPath,
  name: string,
  args: Arguments = {},
  { items, where = [] }: CommandOptions = {},
): Code {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  const parts = [
    new Code([path, '/', property(name)]),
    ...(items ? [items] : []),
    ...given.map(([key, value]) => argument(key, value ?? '')),
    ...(where.length > 0 ? [WHERE, ...where] : []),
  ];
  const names = given.map(([key]) => key);
  const use = { path, command: name, args: where.length > 0 ? [...names, 'where'] : names };
  return new Code(separated(parts, ' '), [use]);
}

const WHERE = new Code(['where']);

/** What a menu command gives. */
export function result(
  path: MenuPath,
  name: string,
  args: Arguments = {},
  options: CommandOptions = {},
): Code {
  return new Code(['[', command(path, name, args, options), ']']);
}

export const find = (path: MenuPath, ...where: readonly Code[]): Code => result(path, 'find', {}, { where });

/** A property of one item. @throws (on the appliance) `no such item` for an empty list */
export const propertyOf = (path: MenuPath, items: Code, name: string): Code => {
  const use = { path, command: 'get', args: [] };
  return new Code(['[', path, '/get ', items, ' ', property(name), ']'], [use]);
};

/** A property of a menu that has no items, such as `/system/resource`. */
export const setting = (path: MenuPath, name: string): Code =>
  new Code(['[', path, '/get ', property(name), ']'], [{ path, command: 'get', args: [] }]);

/** The rows of a menu as maps, with the named properties. */
export const rows = (path: MenuPath, properties: readonly string[], ...where: readonly Code[]): Code =>
  result(path, 'print', { detail: true, 'as-value': true, proplist: properties }, { where });

function argument(key: string, value: Operand | readonly string[]): Code {
  const name = property(key);
  if (FLAGS.has(key) && value === true) return name;
  const given = isList(value)
    ? separated(
        value.map((item) => property(item)),
        ',',
      )
    : [toCode(value)];
  return new Code([name, '=', ...given]);
}

const isList = (value: Operand | readonly string[]): value is readonly string[] => Array.isArray(value);
