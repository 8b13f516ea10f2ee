import type { Clock } from '../../../src/core/clock.ts';
import { writes } from '../ssh/run-line.ts';

/**
 * `error`: the script ended with an error, which was printed. `lost`: the session ended before the reply had left.
 * `crashed`: the simulator itself failed; no test should ever see one.
 */
export type ExecOutcome = 'running' | 'ok' | 'error' | 'lost' | 'crashed';

/** One command line that the appliance was given, over exec or at the prompt. */
export interface ExecEntry {
  readonly id: number;
  readonly channel: 'exec' | 'shell';
  /** The connection it came on. */
  readonly session: number;
  readonly user: string;
  readonly text: string;
  /** Wall clock, ms since 1970-01-01 UTC, without the jumps that faults made. */
  readonly startedAt: number;
  readonly endedAt?: number;
  /** The commands that ran, in their order: `/disk/add`, `:put`. */
  readonly statements: readonly string[];
  readonly bytesOut: number;
  readonly outcome: ExecOutcome;
  /** Kinds of the faults it met. */
  readonly faults: readonly string[];
}

type Draft = { -readonly [Key in keyof ExecEntry]: ExecEntry[Key] } & {
  statements: string[];
  faults: string[];
};

/** What is written down of an exec while it runs. */
export class ExecRecord {
  constructor(
    private readonly draft: Draft,
    private readonly clock: Clock,
  ) {}

  statement(command: string): void {
    this.draft.statements.push(command);
  }

  fault(kind: string): void {
    this.draft.faults.push(kind);
  }

  end(outcome: Exclude<ExecOutcome, 'running'>, bytesOut: number): void {
    this.draft.endedAt = this.clock.now();
    this.draft.outcome = outcome;
    this.draft.bytesOut = bytesOut;
  }
}

/** Which driver operation an exec belongs to, by its text and what ran. */
export type KeyOf = (entry: ExecEntry) => string;

/** Without a name for operations: the commands that write, or `read`. */
const byWrites: KeyOf = ({ statements }) => [...new Set(statements.filter(writes))].join(' + ') || 'read';

/** Every exec and every login since the start, the oldest forgotten beyond the limit. */
export class Journal {
  private entries: Draft[] = [];
  private lastId = 0;
  private logins = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limit = 100_000,
  ) {}

  begin({
    channel,
    session,
    user,
    text,
  }: Pick<ExecEntry, 'channel' | 'session' | 'user' | 'text'>): ExecRecord {
    const draft: Draft = {
      id: ++this.lastId,
      ...{ channel, session, user, text },
      startedAt: this.clock.now(),
      statements: [],
      bytesOut: 0,
      outcome: 'running',
      faults: [],
    };
    this.entries.push(draft);
    // Half at a time, so that a long run does not move the whole list with each entry.
    if (this.entries.length > this.limit * 1.5) this.entries = this.entries.slice(-this.limit);
    return new ExecRecord(draft, this.clock);
  }

  login(): void {
    this.logins++;
  }

  /** Successful logins since the start. */
  get loginCount(): number {
    return this.logins;
  }

  /** A place to count from: `since(mark())` is empty. */
  mark(): number {
    return this.lastId;
  }

  all(): readonly ExecEntry[] {
    return this.entries;
  }

  since(mark: number): readonly ExecEntry[] {
    return this.entries.filter(({ id }) => id > mark);
  }

  /** What was run while the work was done: the execs of one operation, where nothing else is going on. */
  async during(work: () => Promise<unknown>): Promise<readonly ExecEntry[]> {
    const mark = this.mark();
    await work();
    return this.since(mark);
  }

  running(): readonly ExecEntry[] {
    return this.entries.filter(({ outcome }) => outcome === 'running');
  }

  /** How many execs there were of each operation. */
  counts(keyOf: KeyOf = byWrites): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const entry of this.entries) counts.set(keyOf(entry), (counts.get(keyOf(entry)) ?? 0) + 1);
    return counts;
  }

  clear(): void {
    this.entries = [];
  }
}
