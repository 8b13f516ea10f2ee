import { failure, NotPlayed } from '../appliance/failures.ts';
import type { Command } from './list-menu.ts';
import type { MenuCall, MenuSession } from './menu.ts';

/** @throws ScriptError the user's group lacks one of them */
export function requirePolicies({ policies }: MenuSession, needed: readonly string[]): void {
  if (needed.some((policy) => !policies.has(policy))) throw failure('permission');
}

/** @throws NotPlayed an argument that the device has and the model doesn't play */
export function requirePlayed({ path, command, args }: MenuCall, played: readonly string[]): void {
  for (const name of args.keys()) {
    if (!played.includes(name)) throw new NotPlayed(`${path} ${command} ${name}=`);
  }
}

/** @throws NotPlayed a command that the device has and the model doesn't play · ScriptError no permission */
export function playedCommand<T>(
  commands: ReadonlyMap<string, Command<T>>,
  call: MenuCall,
  alsoPlays: readonly string[] = [],
): Command<T> {
  const played = commands.get(call.command);
  if (!played) throw new NotPlayed(`${call.path} ${call.command}`);
  requirePolicies(call.session, played.policies);
  requirePlayed(call, [...played.plays, ...alsoPlays]);
  return played;
}
