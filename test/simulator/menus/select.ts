import { failure, unknownValue } from '../appliance/failures.ts';
import { ScriptArray, ScriptId, type Value } from '../script/value.ts';
import type { ListMenu } from './list-menu.ts';
import type { MenuCall } from './menu.ts';
import type { RowReader } from './row.ts';

/** An item with its number in the list, from 0. */
export interface Numbered<T> {
  readonly number: number;
  readonly item: T;
}

/**
 * The items that a command names: ids, keys («/disk set nvme1»), console numbers, arrays of them, texts with commas.
 * @throws ScriptError `no such item`
 */
export function namedItems<T>(menu: ListMenu<T>, value: Value): T[] {
  if (value instanceof ScriptArray) return value.list.flatMap((one) => namedItems(menu, one));
  if (value === undefined || value === null || value === '') return [];
  if (typeof value === 'bigint') return [required([...menu.items()][Number(value)])];
  const text = value instanceof ScriptId ? value.text : value;
  if (typeof text !== 'string') throw unknownValue('numbers');
  const one = menu.byId(text) ?? menu.byKey(text);
  if (one !== undefined) return [one];
  if (/^\d+$/.test(text)) return namedItems(menu, BigInt(text));
  if (text.includes(',')) return text.split(',').flatMap((part) => namedItems(menu, part));
  throw failure('no such item');
}

/** The items of `where`, in the list's order. Numbers are only counted where they are asked for. */
export async function matching<T>(
  menu: ListMenu<T>,
  reader: RowReader<T>,
  { where, equals }: Pick<MenuCall, 'where' | 'equals'>,
  numbers: boolean,
): Promise<Numbered<T>[]> {
  const known = numbers ? undefined : candidates(menu, reader, equals);
  // A list of its own, as an item may go while the condition is asked.
  const all = [...(known ?? menu.items())].map((item, number) => ({ number, item }));
  if (!where) return all;
  const found: Numbered<T>[] = [];
  for (const one of all) {
    const holds = where(reader.row(one.item));
    if (typeof holds === 'boolean' ? holds : await holds) found.push(one);
  }
  return found;
}

/** By id or key, where the condition implies one. */
function candidates<T>(menu: ListMenu<T>, reader: RowReader<T>, equals: MenuCall['equals']): T[] | undefined {
  const wanted = (name: string): Value => {
    const { value, variable } = equals?.get(name) ?? {};
    return variable !== undefined && reader.has(variable) ? undefined : value;
  };
  const [id, key] = [wanted('.id'), wanted(menu.key)];
  if (id instanceof ScriptId || typeof id === 'string') {
    return present(menu.byId(id instanceof ScriptId ? id.text : id));
  }
  return typeof key === 'string' ? present(menu.byKey(key)) : undefined;
}

const present = <T>(item: T | undefined): T[] => (item === undefined ? [] : [item]);

function required<T>(item: T | undefined): T {
  if (item === undefined) throw failure('no such item');
  return item;
}
