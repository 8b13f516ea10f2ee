import { ManualClock } from '../../support/manual-clock.ts';
import type { MenuCall, MenuSession, Menus } from '../menus/menu.ts';
import { Interpreter, type InterpreterOptions } from './interpreter.ts';
import { ScriptError } from './script-error.ts';
import { ScriptArray, ScriptId, ScriptTime, type Value } from './value.ts';

type Row = Map<string, Value>;

/** `path`, then its commands and their arguments. */
const SCHEMA: Record<string, Record<string, readonly string[]>> = {
  '/disk': {
    add: ['slot', 'type', 'comment', 'file-size'],
    find: ['where'],
    get: ['number', 'value-name'],
    print: ['as-value', 'detail', 'proplist', 'count-only', 'where'],
    remove: ['numbers'],
    set: ['numbers', 'slot', 'comment', 'nvme-tcp-export', 'file-size'],
  },
  '/disk/btrfs': {},
  '/disk/btrfs/subvolume': { add: ['fs', 'name', 'parent', 'read-only'], find: ['where'] },
  '/log': { info: ['message'] },
  '/system': {},
  '/system/resource': { get: ['value-name'] },
};

/** A few disks, to test the language on. */
export class FakeMenus implements Menus {
  readonly calls: MenuCall[] = [];
  /** What a command waits for after its work is done. */
  pause: Promise<void> = Promise.resolve();
  readonly rows: Row[] = [
    row('*1', { slot: 'pool1', type: 'raid', fs: 'btrfs', size: 16_003_143_565_312n, mounted: true }),
    row('*A', { slot: 'csi-a', type: 'file', size: 1_073_741_824n, comment: 'one', 'nvme-tcp-export': true }),
    row('*1F', {
      slot: 'csi-b',
      type: 'file',
      size: 2_147_483_648n,
      comment: 'two',
      'nvme-tcp-export': false,
    }),
  ];

  isMenu(path: string): boolean {
    return path in SCHEMA;
  }

  hasCommand(path: string, command: string): boolean {
    return SCHEMA[path]?.[command] !== undefined;
  }

  hasArgument(path: string, command: string, argument: string): boolean {
    return SCHEMA[path]?.[command]?.includes(argument) ?? false;
  }

  async run(call: MenuCall): Promise<Value> {
    this.calls.push(call);
    if (call.path === '/system/resource') return new ScriptTime(5_000_000_000n);
    if (call.command === 'find' || call.command === 'print') return this.list(call);
    const result = this.change(call);
    await this.pause;
    return result;
  }

  private async list(call: MenuCall): Promise<Value> {
    const found: Row[] = [];
    for (const each of this.rows) if (!call.where || (await call.where(each))) found.push(each);
    if (call.command === 'find') return new ScriptArray(found.map((each) => each.get('.id')));
    if (call.args.has('count-only')) return BigInt(found.length);
    if (call.args.has('as-value')) return new ScriptArray(found.map((each) => new ScriptArray([], each)));
    call.session.print(`${found.length} rows\r\n`);
    return undefined;
  }

  private change({ command, args, unnamed }: MenuCall): Value {
    if (command === 'add') return this.add(args);
    const target = unnamed[0];
    const ids = target instanceof ScriptArray ? target.list : [target];
    const chosen = this.rows.filter((each) => ids.some((id) => sameId(id, each.get('.id'))));
    if (command === 'get') {
      if (!chosen[0]) throw new ScriptError('no such item');
      return chosen[0].get(String(unnamed[1]));
    }
    for (const each of chosen) for (const [name, value] of args) each.set(name, value);
    return undefined;
  }

  private add(args: ReadonlyMap<string, Value>): Value {
    const slot = args.get('slot');
    if (this.rows.some((each) => each.get('slot') === slot)) throw new ScriptError('failure: slot is taken');
    this.rows.push(new Map([['.id', new ScriptId('*20')], ...args]));
    return new ScriptId('*20');
  }
}

function row(id: string, properties: Record<string, Value>): Row {
  return new Map(Object.entries({ '.id': new ScriptId(id), ...properties }));
}

const sameId = (left: Value, right: Value): boolean =>
  left instanceof ScriptId && right instanceof ScriptId && left.text === right.text;

/** An interpreter over fake menus, and what it prints. */
export class ScriptRig {
  readonly menus = new FakeMenus();
  readonly clock = new ManualClock();
  readonly globals = new Map<string, Value>();
  readonly abort = new AbortController();

  constructor(private readonly options: Partial<InterpreterOptions> = {}) {}

  session(print: (text: string) => void): MenuSession {
    return {
      user: 'admin',
      policies: new Set(['read', 'write']),
      width: 80,
      signal: this.abort.signal,
      print,
    };
  }

  /** @returns whether it ran to its end, and all that it printed */
  async run(text: string): Promise<{ ran: boolean; output: string }> {
    const printed: string[] = [];
    const options = { globals: this.globals, clock: this.clock, ...this.options };
    const ran = await new Interpreter(this.menus, options).run(
      text,
      this.session((part) => printed.push(part)),
    );
    return { ran, output: printed.join('') };
  }

  /** What a script prints, lines ended by a line feed and the last one not. */
  async output(text: string): Promise<string> {
    const { output } = await this.run(text);
    return output.replaceAll('\r\n', '\n').replace(/\n$/, '');
  }
}

/** What a script prints in surroundings of its own. */
export const outputOf = (text: string): Promise<string> => new ScriptRig().output(text);
