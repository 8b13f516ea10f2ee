import type { StatementInfo } from '../script/statement-hook.ts';
import { commandOf, writes } from '../ssh/run-line.ts';
import { type Fault, isConnectionFault, isStatementFault } from './fault.ts';

/** Which exec, or which statement of it. What is absent does not matter. */
export interface FaultTarget {
  /** Matches the whole text of the exec. */
  readonly exec?: RegExp;
  /** Matches the command (`/disk/add`, `:put`) or the text of a statement; then the fault strikes there. */
  readonly statement?: RegExp;
  /** The exec names this slot, as a word of its own. */
  readonly slot?: string;
  readonly user?: string;
}

/** One fault, where, and how often. */
export interface FaultRule {
  readonly fault: Fault;
  readonly on?: FaultTarget;
  /** The n-th match is the first to be met (from 1, default 1). */
  readonly from?: number;
  /** So many matches are met, from then on (default 1; `Infinity`: until the rule is removed). */
  readonly times?: number;
}

/** An exec as rules look at it. */
export interface FaultSubject {
  readonly text: string;
  readonly user: string;
}

/** A rule at work: counts what it has seen and met, and can be taken back. */
export class ActiveRule {
  private matches = 0;
  private hits = 0;
  private waiting: { readonly hits: number; readonly resolve: () => void }[] = [];
  private readonly freedom = new AbortController();
  private readonly exec: RegExp | undefined;
  private readonly statement: RegExp | undefined;
  private readonly slot: RegExp | undefined;

  constructor(
    readonly id: number,
    readonly rule: FaultRule,
    private readonly forget: (rule: ActiveRule) => void,
  ) {
    const { exec, statement, slot } = rule.on ?? {};
    this.exec = stateless(exec);
    this.statement = stateless(statement);
    this.slot = slot === undefined ? undefined : new RegExp(`(?<![\\w-])${RegExp.escape(slot)}(?![\\w-])`);
  }

  get fault(): Fault {
    return this.rule.fault;
  }

  /** How often it matched. */
  get seen(): number {
    return this.matches;
  }

  /** How often it struck. */
  get met(): number {
    return this.hits;
  }

  get place(): 'connection' | 'exec' | 'statement' {
    if (isConnectionFault(this.fault)) return 'connection';
    return this.statement || isStatementFault(this.fault) ? 'statement' : 'exec';
  }

  /** Aborted once whatever hangs on this rule may go on. */
  get released(): AbortSignal {
    return this.freedom.signal;
  }

  /** Lets go on what hangs on it now; later matches do not hang. */
  release(): void {
    this.freedom.abort(new Error('released'));
  }

  /** No further match. What hangs on it goes on. */
  remove(): void {
    this.forget(this);
    this.release();
  }

  /** Resolves once it has struck so often. @throws the signal's reason, by default after 5 s */
  async whenMet(times = 1, signal = AbortSignal.timeout(5000)): Promise<void> {
    if (this.hits >= times) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.waiting.push({ hits: times, resolve });
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    await promise;
  }

  matchesExec(subject: FaultSubject): boolean {
    const { user } = this.rule.on ?? {};
    if (user !== undefined && user !== subject.user) return false;
    if (this.exec && !this.exec.test(subject.text)) return false;
    return !this.slot || this.slot.test(subject.text);
  }

  matchesStatement(statement: StatementInfo): boolean {
    const command = commandOf(statement);
    // What only reads never finds the disk full.
    if (!this.statement) return writes(command);
    return this.statement.test(command) || this.statement.test(statement.text);
  }

  /** Counts a match. @returns whether the fault strikes */
  strike(): boolean {
    const { from = 1, times = 1 } = this.rule;
    this.matches++;
    if (this.matches < from || this.hits >= times) return false;
    this.hits++;
    for (const { hits, resolve } of this.waiting) if (this.hits >= hits) resolve();
    return true;
  }
}

/** With `g` or `y` an expression remembers where it was: the second test of the same text would fail. */
const stateless = (pattern: RegExp | undefined): RegExp | undefined =>
  pattern && new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
