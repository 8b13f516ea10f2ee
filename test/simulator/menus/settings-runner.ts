import { missingValue, unknownValue } from '../appliance/failures.ts';
import type { Value } from '../script/value.ts';
import { playedCommand, requirePlayed, requirePolicies } from './checks.ts';
import type { PlayedMenu, SettingsMenu } from './list-menu.ts';
import type { MenuCall } from './menu.ts';
import { printSettings } from './print/print.ts';
import { Arguments } from './values.ts';

/** `get` and `print` of a menu of settings, and its own commands. */
export class SettingsRunner implements PlayedMenu {
  constructor(private readonly menu: SettingsMenu) {}

  get path(): string {
    return this.menu.path;
  }

  async run(call: MenuCall): Promise<Value> {
    const args = new Arguments(call.args);
    if (call.command === 'print') {
      requirePolicies(call.session, ['read']);
      requirePlayed(call, ['as-value', 'without-paging']);
      return printSettings(this.menu, args, call.session);
    }
    if (call.command === 'get') return this.get(call);
    return playedCommand(this.menu.commands, call).run([], args, call.session);
  }

  private get(call: MenuCall): Value {
    requirePolicies(call.session, ['read']);
    requirePlayed(call, ['value-name']);
    const name = call.args.get('value-name') ?? call.unnamed[0];
    if (name === undefined) throw missingValue('value-name');
    const property = this.menu.properties.find((candidate) => candidate.name === name);
    if (!property) throw unknownValue('value-name');
    return property.read(undefined);
  }
}
