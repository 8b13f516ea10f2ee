import type { Appliance } from '../appliance/appliance.ts';
import { badCommand, NotPlayed, unknownParameter } from '../appliance/failures.ts';
import { Hangs } from '../appliance/file-disks.ts';
import { ScriptError } from '../script/script-error.ts';
import type { Value } from '../script/value.ts';
import { diskMenu } from './disk-menu.ts';
import { fileMenu } from './file-menu.ts';
import { filesystemMenu } from './filesystem-menu.ts';
import type { ListMenu, PlayedMenu } from './list-menu.ts';
import { ListRunner } from './list-runner.ts';
import { logMenu } from './log-menu.ts';
import type { MenuCall, Menus } from './menu.ts';
import { serviceMenu, sshMenu } from './service-menus.ts';
import { SettingsRunner } from './settings-runner.ts';
import { subvolumeMenu } from './subvolume-menu.ts';
import { clockMenu, identityMenu, jobMenu, packageMenu, resourceMenu } from './system-menus.ts';
import { activeMenu, groupMenu, userMenu } from './user-menus.ts';

/** The menus of an appliance: what the version's schema has, as far as the model plays it. */
export class ApplianceMenus implements Menus {
  private readonly played = new Map<string, PlayedMenu>();

  constructor(private readonly appliance: Appliance) {
    this.list(diskMenu(appliance));
    this.list(fileMenu(appliance));
    this.list(filesystemMenu(appliance));
    this.list(subvolumeMenu(appliance));
    this.list(packageMenu(appliance));
    this.list(jobMenu(appliance));
    this.list(userMenu(appliance));
    this.list(groupMenu(appliance));
    this.list(activeMenu(appliance));
    this.list(serviceMenu(appliance));
    this.list(logMenu(appliance));
    for (const menu of [identityMenu, resourceMenu, clockMenu, sshMenu]) {
      this.play(new SettingsRunner(menu(appliance)));
    }
  }

  isMenu(path: string): boolean {
    return this.appliance.schema.isMenu(path);
  }

  hasCommand(path: string, command: string): boolean {
    return this.appliance.schema.hasCommand(path, command);
  }

  hasArgument(path: string, command: string, argument: string): boolean {
    return this.appliance.schema.hasArgument(path, command, argument);
  }

  /** @throws ScriptError what a script can catch; {@link NotPlayed} what only the simulator lacks */
  async run(call: MenuCall): Promise<Value> {
    const { path, command, session } = call;
    this.requireInSchema(call);
    const menu = this.played.get(path);
    if (!menu) throw new NotPlayed(path);
    try {
      return await menu.run(call);
    } catch (error) {
      if (!(error instanceof Hangs)) throw error;
      await aborted(session.signal);
      throw new ScriptError(`${path} ${command} was interrupted`);
    }
  }

  /** Also what the model could do: a version that lacks it refuses it. */
  private requireInSchema({ path, command, args }: MenuCall): void {
    const { schema } = this.appliance;
    if (!schema.hasCommand(path, command)) throw badCommand(command);
    for (const name of args.keys()) {
      if (!schema.hasArgument(path, command, name)) throw unknownParameter(name);
    }
  }

  private list<T>(menu: ListMenu<T>): void {
    this.play(new ListRunner(menu, this.appliance.assumptions));
  }

  private play(menu: PlayedMenu): void {
    this.played.set(menu.path, menu);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
