import { Code, type Operand, propertyName, toCode } from './code.ts';

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
  const written = given.map(([key, value]) => argument(key, value ?? ''));
  const parts = [
    new Code(`${path}/${propertyName(name).text}`),
    ...(items ? [items] : []),
    ...written,
    ...(where.length > 0 ? [new Code('where'), ...where] : []),
  ];
  const names = given.map(([key]) => key);
  const use = { path, command: name, args: where.length > 0 ? [...names, 'where'] : names };
  return new Code(parts.map(({ text }) => text).join(' '), [use], parts);
}

/** What a menu command gives. */
export function result(
  path: MenuPath,
  name: string,
  args: Arguments = {},
  options: CommandOptions = {},
): Code {
  const inner = command(path, name, args, options);
  return new Code(`[${inner.text}]`, [], [inner]);
}

export const find = (path: MenuPath, ...where: readonly Code[]): Code => result(path, 'find', {}, { where });

/** A property of one item. @throws (on the appliance) `no such item` for an empty list */
export const propertyOf = (path: MenuPath, items: Code, name: string): Code => {
  const use = { path, command: 'get', args: [] };
  return new Code(`[${path}/get ${items.text} ${propertyName(name).text}]`, [use], [items]);
};

/** A property of a menu that has no items, such as `/system/resource`. */
export const setting = (path: MenuPath, name: string): Code =>
  new Code(`[${path}/get ${propertyName(name).text}]`, [{ path, command: 'get', args: [] }]);

/** The rows of a menu as maps, with the named properties. */
export const rows = (path: MenuPath, properties: readonly string[], ...where: readonly Code[]): Code =>
  result(path, 'print', { detail: true, 'as-value': true, proplist: properties }, { where });

function argument(key: string, value: Operand | readonly string[]): Code {
  const name = propertyName(key).text;
  if (FLAGS.has(key) && value === true) return new Code(name);
  if (isList(value)) return new Code(`${name}=${value.map((item) => propertyName(item).text).join(',')}`);
  const inner = toCode(value);
  return new Code(`${name}=${inner.text}`, [], [inner]);
}

const isList = (value: Operand | readonly string[]): value is readonly string[] => Array.isArray(value);
