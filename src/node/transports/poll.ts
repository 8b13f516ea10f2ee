import type { Clock } from '../../core/clock.ts';

export interface Patience {
  readonly clock: Clock;
  /** ms */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Between two looks at a kernel's table, which cost a tenth of a millisecond: what the kernel does at once is seen at
 * once, and each pause is twice the one before it.
 */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;

/**
 * Looks until there is an answer; undefined when the time has passed without one.
 * @throws what `look` throws, and the signal's reason
 */
export async function poll<T>(
  look: () => Promise<T | undefined>,
  { clock, limitMs, signal }: Patience,
): Promise<T | undefined> {
  const deadline = clock.monotonic() + limitMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const answer = await look();
    if (answer !== undefined || clock.monotonic() >= deadline) return answer;
    await clock.sleep(pause, signal);
  }
}
