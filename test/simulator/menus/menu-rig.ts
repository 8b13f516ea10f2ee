import { ManualClock } from '../../support/manual-clock.ts';
import { POLICIES } from '../appliance/accounts.ts';
import { Appliance } from '../appliance/appliance.ts';
import type { ApplianceOptions } from '../appliance/options.ts';
import type { ApplianceState } from '../appliance/state.ts';
import { ScriptArray, ScriptId, type Value } from '../script/value.ts';
import { ApplianceMenus } from './appliance-menus.ts';
import type { MenuCall, MenuSession } from './menu.ts';

type Fields = Readonly<Record<string, Value>>;

/** An appliance with its menus, called as a script would call them; what it prints is kept. */
export class MenuRig {
  readonly clock = new ManualClock();
  readonly appliance: Appliance;
  readonly menus: ApplianceMenus;
  readonly cancelled = new AbortController();
  private readonly printed: string[] = [];
  private seed = 0;

  constructor(options: Partial<ApplianceOptions> = {}, state?: ApplianceState) {
    this.appliance = new Appliance(
      {
        version: '7.24',
        pools: [{ slot: 'pool1', fs: 'btrfs', bytes: 1n << 40n, label: 'pool1' }],
        users: [{ name: 'rose-csi' }],
        clock: this.clock,
        random: (bytes) => Uint8Array.from({ length: bytes }, () => this.next()),
        ...options,
      },
      state,
    );
    this.menus = new ApplianceMenus(this.appliance);
  }

  session(change: Partial<MenuSession> = {}): MenuSession {
    return {
      user: 'rose-csi',
      policies: new Set(POLICIES),
      width: 80,
      signal: this.cancelled.signal,
      print: (text) => this.printed.push(text),
      ...change,
    };
  }

  /** `path/command`, named arguments, and what else a call has. */
  run(command: string, args: Fields = {}, more: Partial<MenuCall> = {}): Promise<Value> {
    const at = command.lastIndexOf('/');
    return this.menus.run({
      path: command.slice(0, at),
      command: command.slice(at + 1),
      args: new Map(Object.entries(args)),
      unnamed: [],
      session: this.session(),
      ...more,
    });
  }

  /** What the call prints. */
  async text(command: string, args: Fields = {}, more: Partial<MenuCall> = {}): Promise<string> {
    this.printed.length = 0;
    await this.run(command, args, more);
    return this.printed.join('');
  }

  /** Ids that `find` gives for rows with these values. */
  async find(menu: string, fields: Fields = {}): Promise<string[]> {
    const found = await this.run(`${menu}/find`, {}, { where: matches(fields) });
    return items(found).map((id) => (id instanceof ScriptId ? id.text : ''));
  }

  /** `print detail as-value` of rows with these values. */
  async rows(menu: string, fields: Fields = {}, args: Fields = { detail: true }): Promise<Fields[]> {
    const found = await this.run(`${menu}/print`, { 'as-value': true, ...args }, { where: matches(fields) });
    return items(found).map(fieldsOf);
  }

  /** The failure's text. */
  async failure(command: string, args: Fields = {}, more: Partial<MenuCall> = {}): Promise<string> {
    return this.run(command, args, more).then(
      () => 'no failure',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  }

  /** A small file disk; `change` has the arguments that matter. */
  addDisk(slot: string, change: Fields = {}): Promise<Value> {
    const base = {
      type: 'file',
      slot,
      'file-path': `pool1/${slot}.img`,
      'file-size': '16M',
      'mount-filesystem': false,
    };
    return this.run('/disk/add', { ...base, ...change });
  }

  private next(): number {
    this.seed = (this.seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return this.seed >>> 16;
  }
}

export const matches =
  (fields: Fields): NonNullable<MenuCall['where']> =>
  async (row) =>
    Object.entries(fields).every(([name, value]) => row.get(name) === value);

export const items = (value: Value): readonly Value[] => (value instanceof ScriptArray ? value.list : []);

export const fieldsOf = (value: Value): Fields =>
  value instanceof ScriptArray ? Object.fromEntries(value.map) : {};
