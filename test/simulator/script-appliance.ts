import type { Clock } from '../../src/core/clock.ts';
import type { Appliance } from './appliance/appliance.ts';
import { failure } from './appliance/failures.ts';
import type { StatementFault } from './faults/fault.ts';
import { wrapLines } from './faults/reply-shapes.ts';
import type { HostedAppliance } from './host.ts';
import { ApplianceMenus } from './menus/appliance-menus.ts';
import { Interpreter } from './script/interpreter.ts';
import { ScriptError } from './script/script-error.ts';
import type { Value } from './script/value.ts';
import type { Account, Accounts } from './ssh/accounts.ts';
import type { RunLine } from './ssh/run-line.ts';
import type { ShellMenus } from './ssh/shell.ts';

/** ASSUMED[error-texts]: what a driver that knows no such text would be told. */
const UNKNOWN_TEXT = 'failure: internal state 0x2f1b, please contact support';

/** The appliance's model behind its script language, as the host wants it. */
export class ScriptAppliance implements HostedAppliance {
  readonly accounts: Accounts;
  readonly menus: ShellMenus;
  private readonly tree: ApplianceMenus;
  /** Global variables, by user. */
  private readonly globals = new Map<string, Map<string, Value>>();

  /** @param save called after each exec that wrote */
  constructor(
    private readonly appliance: Appliance,
    private readonly save: () => Promise<void>,
  ) {
    this.tree = new ApplianceMenus(appliance);
    this.menus = { identity: () => appliance.identity, isMenu: (path) => this.tree.isMenu(path) };
    this.accounts = {
      account: (name) => this.account(name),
      passwordAuthentication: () => appliance.services.ssh.passwordAuthentication,
      logIn: (name, address) => appliance.accounts.logIn(name, address),
    };
  }

  maxSessions(): number {
    return this.appliance.services.sshMaxSessions;
  }

  statementError(fault: StatementFault): Error {
    switch (fault.kind) {
      case 'disk-full':
        return failure('no space');
      case 'permission-denied':
        return failure('permission');
      case 'busy':
        return failure('busy');
      case 'unknown-error':
        return new ScriptError(fault.text ?? UNKNOWN_TEXT);
    }
  }

  jumpClock(ms: number): void {
    this.appliance.jumpClock(ms);
  }

  poweredDown(): void {
    this.appliance.powerDown();
  }

  rebooted(): void {
    this.globals.clear();
    this.appliance.reboot();
  }

  changed(): Promise<void> {
    return this.save();
  }

  readonly runLine: RunLine = async (text, session, hook) => {
    const cancelled = new AbortController();
    const ended = this.appliance.accounts.startJob(session.user, 'command', () =>
      cancelled.abort(new Error('removed from /system/script/job')),
    );
    const { wrapPutAt } = this.appliance.assumptions;
    const clock: Clock = this.appliance.clock;
    const interpreter = new Interpreter(this.tree, { globals: this.globalsOf(session.user), hook, clock });
    const signal = AbortSignal.any([session.signal, cancelled.signal]);
    // ASSUMED[wrap-put]: where the width of exec breaks lines, it breaks them in the middle of words.
    const print = (line: string) =>
      session.print(wrapPutAt === undefined ? line : wrapLines(line, wrapPutAt));
    try {
      return await interpreter.run(text, { ...session, signal, print });
    } finally {
      ended();
    }
  };

  private account(name: string): Account | undefined {
    const user = this.appliance.accounts.user(name);
    if (!user) return undefined;
    const { password, publicKeys, group } = user;
    return { name, policies: group.policies, publicKeys, ...(password === undefined ? {} : { password }) };
  }

  private globalsOf(user: string): Map<string, Value> {
    const globals = this.globals.get(user) ?? new Map<string, Value>();
    this.globals.set(user, globals);
    return globals;
  }
}
