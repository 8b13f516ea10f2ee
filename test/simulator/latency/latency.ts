import type { Clock } from '../../../src/core/clock.ts';
import type { StatementInfo } from '../script/statement-hook.ts';
import { commandOf } from '../ssh/run-line.ts';

/** Milliseconds: always the same, uniform between two, or by what is to be run. */
export type Delay<Of> = number | { readonly min: number; readonly max: number } | ((of: Of) => number);

export interface CommandInfo {
  readonly text: string;
  readonly user: string;
}

export interface StatementTiming {
  /** `/disk/add`, `:put`. */
  readonly command: string;
  readonly text: string;
}

/** What costs time. Absent: nothing. The network's own time is the relay's. */
export interface LatencyRules {
  /** Once for each exec, before it runs. */
  readonly perCommandMs?: Delay<CommandInfo>;
  /** For each statement, before it runs. */
  readonly perStatementMs?: Delay<StatementTiming>;
  /** For each attempt to log in. */
  readonly perLoginMs?: Delay<string>;
}

/** The appliance's slowness, apart from the network's. */
export class Latency {
  /** @param random a number from 0 up to 1 */
  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
    private rules: LatencyRules = {},
  ) {}

  /** Replaces the rules. What waits now waits as it began. */
  set(rules: LatencyRules): void {
    this.rules = rules;
  }

  ofCommand(command: CommandInfo, signal: AbortSignal): Promise<void> {
    return this.pass(this.rules.perCommandMs, command, signal);
  }

  /** @returns nothing where statements cost no time */
  ofStatement(statement: StatementInfo, signal: AbortSignal): Promise<void> | undefined {
    if (this.rules.perStatementMs === undefined) return undefined;
    const timing = { command: commandOf(statement), text: statement.text };
    return this.pass(this.rules.perStatementMs, timing, signal);
  }

  ofLogin(user: string, signal: AbortSignal): Promise<void> {
    return this.pass(this.rules.perLoginMs, user, signal);
  }

  private async pass<Of>(delay: Delay<Of> | undefined, of: Of, signal: AbortSignal): Promise<void> {
    const ms = delay === undefined ? 0 : this.pick(delay, of);
    // Not even a turn of the loop where nothing is to be waited for.
    if (ms > 0) await this.clock.sleep(ms, signal);
  }

  private pick<Of>(delay: Delay<Of>, of: Of): number {
    if (typeof delay === 'number') return delay;
    if (typeof delay === 'function') return delay(of);
    return delay.min + this.random() * (delay.max - delay.min);
  }
}
