import type { Assumptions } from '../../appliance/assumptions.ts';
import { unknownValue } from '../../appliance/failures.ts';
import { ScriptId, type Value } from '../../script/value.ts';
import type { ListMenu, Property, SettingsMenu } from '../list-menu.ts';
import type { MenuSession } from '../menu.ts';
import { type Arguments, keyed, list } from '../values.ts';
import { detailLines } from './detail.ts';
import type { Listing } from './listing.ts';
import { tableLines, tableProperties } from './table.ts';
import { terseLines } from './terse.ts';
import { settingsLines, valueListLines } from './value-list.ts';

/** What of `print` is played; the rest of the schema says so. */
export const PRINT_PLAYS = [
  'as-value',
  'brief',
  'count-only',
  'detail',
  'proplist',
  'show-ids',
  'show-sensitive',
  'terse',
  'value-list',
  'where',
  'without-paging',
];

/** `print` of a list in every form. Text goes to the session; `as-value` and `count-only` are returned. */
export function printList<T>(
  menu: ListMenu<T>,
  items: Listing<T>['items'],
  args: Arguments,
  session: MenuSession,
  assumptions: Assumptions,
): Value {
  const properties = chosen(menu, args);
  if (args.flag('count-only')) return count(items.length, session, assumptions);
  if (args.flag('as-value')) {
    const shown = properties ?? (args.flag('detail') ? everyProperty(menu) : summary(menu));
    return list(items.map(({ item }) => record(menu, shown, item, properties !== undefined, assumptions)));
  }
  const { printMargin: margin, wrapInsideValues: insideValues } = assumptions;
  const listing = {
    menu,
    items,
    properties,
    showIds: args.flag('show-ids'),
    wrapping: { width: session.width, margin, insideValues },
    indent: assumptions.detailIndent,
  };
  printLines(session, form(args)(listing));
  return undefined;
}

/** `print` of settings: text, or keyed values. */
export function printSettings(menu: SettingsMenu, args: Arguments, session: MenuSession): Value {
  if (!args.flag('as-value')) {
    printLines(session, settingsLines(menu.properties));
    return undefined;
  }
  return keyed(menu.properties.map(({ name, read }) => [name, read(undefined)]));
}

export function printLines(session: MenuSession, lines: readonly string[]): void {
  if (lines.length > 0) session.print(lines.map((line) => `${line}\r\n`).join(''));
}

const everyProperty = <T>({ properties }: ListMenu<T>): readonly Property<T>[] =>
  properties.filter(({ onDemand }) => !onDemand);

/** The columns and the comment (danikf/tik4net, wiki, «CLI tips and tricks»). */
const summary = <T>(menu: ListMenu<T>): readonly Property<T>[] => [
  ...menu.properties.filter(({ name }) => name === menu.comment),
  ...tableProperties({ menu, properties: undefined }),
];

function form(args: Arguments): <T>(listing: Listing<T>) => string[] {
  if (args.flag('value-list')) return valueListLines;
  if (args.flag('terse')) return terseLines;
  return args.flag('detail') ? detailLines : tableLines;
}

function count(items: number, session: MenuSession, assumptions: Assumptions): bigint {
  if (assumptions.countOnlyPrints) printLines(session, [items.toString()]);
  return BigInt(items);
}

/** @throws ScriptError a name that the menu doesn't have */
function chosen<T>(menu: ListMenu<T>, args: Arguments): readonly Property<T>[] | undefined {
  const names = args.words('proplist');
  if (!names) return undefined;
  return names.filter((name) => name !== '.id').map((name) => named(menu, name));
}

function named<T>(menu: ListMenu<T>, name: string): Property<T> {
  const property = menu.properties.find((candidate) => candidate.name === name);
  const flag = menu.flags.find((candidate) => candidate.name === name);
  if (property) return property;
  if (!flag) throw unknownValue('proplist');
  return { name, form: 'word', read: (item) => flag.read(item) };
}

/** Numbers raw, flags as boolean keys; with a proplist only what it names, and `.id`, which comes in any case. */
function record<T>(
  menu: ListMenu<T>,
  shown: readonly Property<T>[],
  item: T,
  narrowed: boolean,
  { falseFlags }: Assumptions,
): Value {
  const entries: [string, Value][] = [['.id', new ScriptId(menu.id(item))]];
  for (const { name, read } of narrowed ? [] : menu.flags) {
    const value = read(item);
    if (value || falseFlags === 'false') entries.push([name, value]);
  }
  for (const { name, read } of shown) {
    const value = read(item);
    if (value !== undefined) entries.push([name, value]);
  }
  return keyed(entries);
}
