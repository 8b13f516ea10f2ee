import { type CallContext, detachedContext } from '../call-context.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import { inSpan, traceFields } from '../observe/spans.ts';
import type { Mandate, Reports } from './surroundings.ts';

/** One of the reconcilers, as the runner sees it. */
export interface Reconciler {
  round(mandate: Mandate, context: CallContext): Promise<void>;
  /** When something that was found can be confirmed, monotonic ms. */
  dueAt(): number | undefined;
  /** Somebody else was in charge meanwhile: what was seen before counts no more. */
  forget(): void;
}

export interface Timetable {
  readonly name: string;
  readonly reconciler: Reconciler;
  /** The longest between two rounds, ms. */
  readonly everyMs: number;
  /** Whether a trigger asks for a round of it. */
  readonly onTrigger: boolean;
}

export interface RunnerOptions {
  readonly timetable: readonly Timetable[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reports: Reports;
  /** How long one round may take, ms. */
  readonly roundMs: number;
}

/** Events come in crowds (a whole rack goes away): one round for all of them. */
const GATHER_MS = 1000;
/** After a round that could not look, ms. */
const AGAIN_MS = 15_000;

/** Runs the reconcilers, one after the other, for as long as a mandate lasts: at its start, on triggers, and by the clock. */
export class ReconcileRunner {
  private wake: () => void = () => undefined;
  private wanted = false;

  constructor(private readonly options: RunnerOptions) {}

  /** Asks for a round soon; without a mandate it is nothing. @param why for the log */
  trigger(why: string): void {
    this.options.logger.debug({ why }, 'reconciliation is asked for');
    this.wanted = true;
    this.wake();
  }

  /** Until the mandate ends; never rejects. */
  async run(mandate: Mandate): Promise<void> {
    const { timetable, clock } = this.options;
    for (const { reconciler } of timetable) reconciler.forget();
    const next = new Map(timetable.map((entry) => [entry, clock.monotonic()]));
    while (!mandate.signal.aborted) {
      await this.dueRounds(next, mandate);
      await this.pause(Math.min(...next.values()) - clock.monotonic(), mandate.signal);
    }
  }

  private async dueRounds(next: Map<Timetable, number>, mandate: Mandate): Promise<void> {
    const triggered = this.wanted;
    this.wanted = false;
    for (const [entry, at] of next) {
      const due = at <= this.options.clock.monotonic() || (triggered && entry.onTrigger);
      if (due && mandate.valid()) next.set(entry, await this.round(entry, mandate));
    }
  }

  /** @returns when the next one is due, monotonic ms */
  private async round({ name, reconciler, everyMs }: Timetable, mandate: Mandate): Promise<number> {
    const { clock, logger, reports, roundMs } = this.options;
    const begun = clock.monotonic();
    const limit = new AbortController();
    const over = new AbortController();
    clock.sleep(roundMs, over.signal).then(
      () => limit.abort(new Error(`the round took more than ${roundMs} ms`)),
      () => undefined,
    );
    const signal = AbortSignal.any([mandate.signal, limit.signal]);
    const seconds = () => (clock.monotonic() - begun) / 1000;
    try {
      await inSpan(`reconcile ${name}`, {}, (span) =>
        reconciler.round(
          { ...mandate, signal, valid: () => mandate.valid() && !signal.aborted },
          detachedContext(signal, logger.child(traceFields(span.spanContext()))),
        ),
      );
      reports.round(name, 'done', seconds());
    } catch (error) {
      if (!mandate.signal.aborted) {
        const reason = error instanceof Error ? error.message : String(error);
        logger.info({ reconciler: name, reason }, 'could not look, so nothing was decided');
        reports.round(name, 'skipped', seconds());
      }
      return clock.monotonic() + Math.min(AGAIN_MS, everyMs);
    } finally {
      over.abort();
    }
    const now = clock.monotonic();
    return Math.min(now + everyMs, Math.max(reconciler.dueAt() ?? Number.POSITIVE_INFINITY, now + GATHER_MS));
  }

  private async pause(ms: number, outer: AbortSignal): Promise<void> {
    const { clock } = this.options;
    const woken = new AbortController();
    this.wake = () => woken.abort();
    const signal = AbortSignal.any([outer, woken.signal]);
    if (!this.wanted) await clock.sleep(Math.max(ms, 0), signal).catch(() => undefined);
    this.wake = () => undefined;
    if (this.wanted) await clock.sleep(GATHER_MS, outer).catch(() => undefined);
  }
}
