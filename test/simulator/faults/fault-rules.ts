import type { StatementInfo } from '../script/statement-hook.ts';
import { type ConnectionFault, isConnectionFault, isMomentFault, isReplyFault, momentOf } from './fault.ts';
import { ActiveRule, type FaultRule, type FaultSubject } from './fault-rule.ts';

/** The rules in force, in the order in which they were added. */
export class FaultRules {
  private rules: ActiveRule[] = [];
  private next = 1;

  add(rule: FaultRule): ActiveRule {
    const active = new ActiveRule(this.next++, rule, (gone) => {
      this.rules = this.rules.filter((other) => other !== gone);
    });
    this.rules.push(active);
    return active;
  }

  list(): readonly ActiveRule[] {
    return this.rules;
  }

  clear(): void {
    for (const rule of [...this.rules]) rule.remove();
  }

  /** Faults of this kind for a connection or a login; counts a match of each. */
  forConnection(kind: ConnectionFault['kind'], user?: string): boolean {
    const struck = this.rules.filter(
      ({ fault, rule }) =>
        isConnectionFault(fault) &&
        fault.kind === kind &&
        (rule.on?.user === undefined || rule.on.user === user),
    );
    return struck.map((rule) => rule.strike()).includes(true);
  }

  /** The rules that strike an exec as a whole. */
  forExec(subject: FaultSubject): ActiveRule[] {
    return this.rules.filter((rule) => rule.place === 'exec' && rule.matchesExec(subject) && rule.strike());
  }

  /** The rules that strike a statement of an exec. */
  forStatement(subject: FaultSubject, statement: StatementInfo): ActiveRule[] {
    return this.rules.filter(
      (rule) =>
        rule.place === 'statement' &&
        rule.matchesExec(subject) &&
        rule.matchesStatement(statement) &&
        rule.strike(),
    );
  }

  /** Whether an exec's output must wait for its end, since some rule may want to change or to lose it. */
  mayHoldReply(subject: FaultSubject): boolean {
    return this.rules.some(
      (rule) =>
        rule.matchesExec(subject) &&
        (isReplyFault(rule.fault) || (isMomentFault(rule.fault) && momentOf(rule.fault) === 'after')),
    );
  }
}
