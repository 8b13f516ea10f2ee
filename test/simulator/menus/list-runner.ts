import type { Assumptions } from '../appliance/assumptions.ts';
import { failure, unknownValue } from '../appliance/failures.ts';
import { ScriptId, type Value } from '../script/value.ts';
import { playedCommand, requirePlayed, requirePolicies } from './checks.ts';
import type { ListMenu, PlayedMenu } from './list-menu.ts';
import type { MenuCall } from './menu.ts';
import { PRINT_PLAYS, printList } from './print/print.ts';
import { RowReader } from './row.ts';
import { matching, type Numbered, namedItems } from './select.ts';
import { Arguments, keyed, list } from './values.ts';

/** `find`, `get` and `print` of a list, as every such menu has them, and its own commands. */
export class ListRunner<T> implements PlayedMenu {
  private readonly reader: RowReader<T>;

  constructor(
    private readonly menu: ListMenu<T>,
    private readonly assumptions: Assumptions,
  ) {
    this.reader = new RowReader(menu);
  }

  get path(): string {
    return this.menu.path;
  }

  async run(call: MenuCall): Promise<Value> {
    switch (call.command) {
      case 'find':
        return this.find(call);
      case 'print':
        return this.print(call);
      case 'get':
        return this.get(call);
      default:
        return this.command(call);
    }
  }

  private command(call: MenuCall): Value | Promise<Value> {
    const played = playedCommand(this.menu.commands, call, ['numbers']);
    const by = ['numbers', 'number'].find((name) => call.args.has(name));
    const named = by === undefined ? call.unnamed[0] : call.args.get(by);
    const items = played.onItems ? namedItems(this.menu, named) : [];
    return played.run(items, new Arguments(call.args), call.session);
  }

  private async find(call: MenuCall): Promise<Value> {
    requirePolicies(call.session, ['read']);
    const found = await matching(this.menu, this.reader, call, false);
    return list(found.map(({ item }) => new ScriptId(this.menu.id(item))));
  }

  private async print(call: MenuCall): Promise<Value> {
    requirePolicies(call.session, ['read']);
    requirePlayed(call, PRINT_PLAYS);
    const args = new Arguments(call.args);
    const numbers = !args.flag('as-value') && !args.flag('count-only');
    const found = await matching(this.menu, this.reader, call, numbers);
    return printList(this.menu, this.narrowed(found, call), args, call.session, this.assumptions);
  }

  /** `get $id name`; without a name: all that the item has. @throws ScriptError */
  private get(call: MenuCall): Value {
    requirePolicies(call.session, ['read']);
    requirePlayed(call, ['number', 'value-name']);
    const positional = [...call.unnamed];
    const number = call.args.has('number') ? call.args.get('number') : positional.shift();
    const [item, second] = namedItems(this.menu, number);
    if (item === undefined) throw failure('no such item');
    if (second !== undefined) throw unknownValue('number');
    const name = call.args.get('value-name') ?? positional.shift();
    if (name === undefined) return keyed(this.reader.row(item));
    if (typeof name !== 'string' || !this.reader.has(name)) throw unknownValue('value-name');
    return this.reader.get(item, name);
  }

  /** `print $id`: only that one. */
  private narrowed(found: Numbered<T>[], { unnamed }: MenuCall): Numbered<T>[] {
    if (unnamed[0] === undefined) return found;
    const wanted = new Set(namedItems(this.menu, unnamed[0]));
    return found.filter(({ item }) => wanted.has(item));
  }
}
