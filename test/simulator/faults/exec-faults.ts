import type { Clock } from '../../../src/core/clock.ts';
import type { ExecRecord } from '../journal/journal.ts';
import type { StatementInfo } from '../script/statement-hook.ts';
import type { Reply } from '../ssh/reply.ts';
import {
  type Fault,
  isMomentFault,
  isReplyFault,
  isStatementFault,
  type Moment,
  momentOf,
  type ReplyFault,
  type StatementFault,
  sameMoment,
} from './fault.ts';
import type { ActiveRule, FaultSubject } from './fault-rule.ts';
import type { FaultRules } from './fault-rules.ts';
import { shapeReply } from './reply-shapes.ts';

/** The connection that an exec came on, as faults treat it. */
export interface Line {
  /** Closes it once what was written has left. The exec's signal aborts at once. */
  cut(): void;
  /** Drops every byte from now on, both ways. */
  silence(): void;
}

/** The machine, as faults treat it. */
export interface Machine {
  /** Drops every session now; serves again after `awayMs`. */
  reboot(awayMs: number): void;
  jumpClock(ms: number): void;
  /** A statement's own error, as the interpreter throws it. */
  statementError(fault: StatementFault): Error;
}

export interface ExecSurroundings {
  readonly rules: FaultRules;
  readonly line: Line;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly record: ExecRecord;
  readonly reply: Reply;
  /** Aborts once the exec is to stop. */
  readonly signal: AbortSignal;
}

/** The faults of one exec: which rules struck it, and their doing at each moment. */
export class ExecFaults {
  private readonly struck: ActiveRule[];
  private readonly shapes: ReplyFault[] = [];
  /** What strikes after a statement that runs now. They nest: `:onerror` ends after what it holds. */
  private readonly dueAfter = new Map<StatementInfo, ActiveRule[]>();
  private ended = 0;

  constructor(
    private readonly subject: FaultSubject,
    private readonly around: ExecSurroundings,
  ) {
    this.struck = around.rules.forExec(subject);
    this.note(this.struck);
  }

  /** Strikes at a moment of the exec. @throws the signal's reason once the exec is to stop */
  async at(moment: Moment): Promise<void> {
    for (const rule of this.struck) {
      if (!isMomentFault(rule.fault) || !sameMoment(momentOf(rule.fault), moment)) continue;
      await this.enact(rule, moment);
      // The command never reached the appliance, whatever becomes of scripts whose session dies.
      if (moment === 'before' && rule.fault.kind === 'cut') throw new Error('cut before the command');
    }
    this.around.signal.throwIfAborted();
  }

  /**
   * @returns nothing where no fault strikes
   * @throws the statement's own error, or the signal's reason once the exec is to stop
   */
  beforeStatement(statement: StatementInfo): Promise<void> | undefined {
    const met = this.around.rules.forStatement(this.subject, statement);
    if (met.length > 0) return this.strike(met, statement);
    this.around.signal.throwIfAborted();
    return undefined;
  }

  private async strike(met: readonly ActiveRule[], statement: StatementInfo): Promise<void> {
    this.note(met);
    const later = met.filter(({ fault }) => isMomentFault(fault) && momentOf(fault) !== 'before');
    if (later.length > 0) this.dueAfter.set(statement, later);
    for (const rule of met) {
      if (isMomentFault(rule.fault) && momentOf(rule.fault) === 'before') await this.enact(rule, 'before');
    }
    this.around.signal.throwIfAborted();
    for (const { fault } of met) {
      if (isStatementFault(fault)) throw this.around.machine.statementError(fault);
    }
  }

  /**
   * @returns nothing where no fault may strike
   * @throws the signal's reason once the exec is to stop
   */
  afterStatement(statement: StatementInfo): Promise<void> | undefined {
    const moment = { afterStatement: ++this.ended };
    if (this.struck.length > 0 || this.dueAfter.size > 0) return this.after(statement, moment);
    this.around.signal.throwIfAborted();
    return undefined;
  }

  private async after(statement: StatementInfo, moment: Moment): Promise<void> {
    for (const rule of this.dueAfter.get(statement) ?? []) await this.enact(rule, moment);
    this.dueAfter.delete(statement);
    await this.at(moment);
  }

  /** Sends the held reply as the faults would have it. */
  async sendReply(): Promise<void> {
    const { reply, clock, signal } = this.around;
    const text = this.shapes.reduce(shapeReply, reply.take());
    const drip = this.shapes.find((fault) => fault.kind === 'drip');
    if (!drip) return reply.send(text);
    for (let from = 0; from < text.length; from += drip.bytes) {
      reply.send(text.slice(from, from + drip.bytes));
      await clock.sleep(drip.everyMs, signal);
    }
  }

  /** Whether the connection breaks in the place of an exit status. */
  get cutsReply(): boolean {
    return this.shapes.some((fault) => fault.kind === 'half-line' && fault.end === 'cut');
  }

  exitCode(code: number): number {
    return this.shapes.find((fault) => fault.kind === 'exit-code')?.code ?? code;
  }

  private note(rules: readonly ActiveRule[]): void {
    for (const { fault } of rules) {
      this.around.record.fault(fault.kind);
      if (isReplyFault(fault)) this.shapes.push(fault);
    }
  }

  private async enact(rule: ActiveRule, moment: Moment): Promise<void> {
    const { line, machine, reply } = this.around;
    const fault: Fault = rule.fault;
    switch (fault.kind) {
      case 'reply-lost':
        reply.take();
        return line.cut();
      case 'cut':
        if (moment !== 'after') reply.flush();
        return line.cut();
      case 'silent':
        return line.silence();
      case 'reboot':
        return machine.reboot(fault.awayMs);
      case 'clock-jump':
        return machine.jumpClock(fault.ms);
      case 'hang':
        return this.hang(rule, fault.ms);
    }
  }

  private async hang(rule: ActiveRule, ms = Number.POSITIVE_INFINITY): Promise<void> {
    const { signal, clock } = this.around;
    const over = AbortSignal.any([signal, rule.released]);
    // A timer for ever is none: it fires when the rule is released or the session ends.
    await (ms === Number.POSITIVE_INFINITY ? aborted(over) : clock.sleep(ms, over).catch(() => undefined));
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
