import type { Clock } from '../../core/clock.ts';

export interface Patience {
  readonly clock: Clock;
  /** ms */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Between two looks at a kernel's table, which cost microseconds. */
const POLL_MS = 20;

/**
 * Looks until there is an answer; undefined when the time has passed without one.
 * @throws what `look` throws, and the signal's reason
 */
export async function poll<T>(
  look: () => Promise<T | undefined>,
  { clock, limitMs, signal }: Patience,
): Promise<T | undefined> {
  const deadline = clock.monotonic() + limitMs;
  for (;;) {
    const answer = await look();
    if (answer !== undefined || clock.monotonic() >= deadline) return answer;
    await clock.sleep(POLL_MS, signal);
  }
}
