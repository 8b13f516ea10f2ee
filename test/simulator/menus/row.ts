import { ScriptId, type Value } from '../script/value.ts';
import type { ListMenu } from './list-menu.ts';

/** An item as `where` sees it: every name of the menu, values worked out when asked for. */
export class Row<T> implements ReadonlyMap<string, Value> {
  constructor(
    private readonly reader: RowReader<T>,
    readonly item: T,
  ) {}

  get(name: string): Value {
    return this.reader.get(this.item, name);
  }

  has(name: string): boolean {
    return this.reader.has(name);
  }

  get size(): number {
    return [...this.entries()].length;
  }

  /** Those with a value. */
  *entries(): MapIterator<[string, Value]> {
    for (const name of this.reader.names) {
      const value = this.get(name);
      if (value !== undefined) yield [name, value];
    }
  }

  *keys(): MapIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(callback: (value: Value, key: string, map: ReadonlyMap<string, Value>) => void): void {
    for (const [name, value] of this.entries()) callback(value, name, this);
  }

  [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.entries();
  }
}

/** Reads properties and flags of a menu's items by name. */
export class RowReader<T> {
  readonly names: readonly string[];
  private readonly readers: ReadonlyMap<string, (item: T) => Value>;

  constructor(menu: ListMenu<T>) {
    this.readers = new Map<string, (item: T) => Value>([
      ['.id', (item) => new ScriptId(menu.id(item))],
      ...menu.flags.map(({ name, read }) => [name, read] as const),
      ...menu.properties.map(({ name, read }) => [name, read] as const),
    ]);
    this.names = [...this.readers.keys()];
  }

  has(name: string): boolean {
    return this.readers.has(name);
  }

  get(item: T, name: string): Value {
    return this.readers.get(name)?.(item);
  }

  row(item: T): Row<T> {
    return new Row(this, item);
  }
}
