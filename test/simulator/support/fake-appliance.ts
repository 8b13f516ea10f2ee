import type { StatementFault } from '../faults/fault.ts';
import type { HostedAppliance } from '../host.ts';
import type { StatementInfo } from '../script/statement-hook.ts';
import type { Account } from '../ssh/accounts.ts';
import { commandOf, type RunLine } from '../ssh/run-line.ts';

class FakeScriptError extends Error {}

/**
 * An appliance whose script language is a list of words, one statement each: `/disk/add` appends the line to `ran`,
 * `say:x` prints `x`, `long:n` prints n times `x`, `wait` waits until `release`, `fail` is an error, `bug` a defect.
 */
export class FakeAppliance implements HostedAppliance {
  readonly ran: string[] = [];
  readonly people = new Map<string, Account>();
  readonly accounts = {
    account: (name: string) => this.people.get(name),
    passwordAuthentication: () => 'yes-if-no-key',
    logIn: (name: string) => {
      this.here.push(name);
      return () => void this.here.splice(this.here.indexOf(name), 1);
    },
  };
  readonly menus = {
    identity: () => 'rds',
    isMenu: (path: string) => ['/disk', '/disk/btrfs'].includes(path),
  };
  /** Who is logged in. */
  readonly here: string[] = [];
  sessionsMax = 20;
  clockAheadMs = 0;
  reboots = 0;
  powerLosses = 0;
  saves = 0;
  /** Columns of the last session. */
  width = 0;
  running = 0;
  runningMost = 0;
  private readonly gate = Promise.withResolvers<void>();

  maxSessions(): number {
    return this.sessionsMax;
  }

  statementError(fault: StatementFault): Error {
    return new FakeScriptError(`failure: ${fault.kind}`);
  }

  jumpClock(ms: number): void {
    this.clockAheadMs += ms;
  }

  poweredDown(): void {
    this.powerLosses++;
  }

  rebooted(): void {
    this.reboots++;
  }

  async changed(): Promise<void> {
    this.saves++;
  }

  /** Lets `wait` go on. */
  release(): void {
    this.gate.resolve();
  }

  readonly runLine: RunLine = async (text, session, hook) => {
    this.width = session.width;
    this.running++;
    this.runningMost = Math.max(this.runningMost, this.running);
    try {
      for (const word of text.split(' ')) {
        if (session.signal.aborted) return false;
        const statement = statementOf(word);
        await hook.before(statement);
        await this.statement(word, commandOf(statement), session.print);
        await hook.after(statement);
      }
      return true;
    } catch (error) {
      if (!(error instanceof FakeScriptError)) throw error;
      session.print(`${error.message}\r\n`);
      return false;
    } finally {
      this.running--;
    }
  };

  private async statement(word: string, command: string, print: (text: string) => void): Promise<void> {
    const [, name = '', argument = ''] = /^([^:]*):?(.*)$/.exec(word) ?? [];
    this.ran.push(command);
    if (name === 'say') print(`${argument}\r\n`);
    if (name === 'long') print(`${'x'.repeat(Number(argument))}\r\n`);
    if (name === 'wait') await this.gate.promise;
    if (name === 'fail') throw new FakeScriptError('failure: asked for');
    if (name === 'bug') throw new TypeError('a defect');
  }
}

/** `/disk/add` has a menu, `say:x` has none. */
function statementOf(word: string): StatementInfo {
  const args = new Map();
  const slash = word.lastIndexOf('/');
  if (slash < 0) return { command: word.split(':')[0] ?? '', args, text: word };
  return { path: word.slice(0, slash), command: word.slice(slash + 1), args, text: word };
}
