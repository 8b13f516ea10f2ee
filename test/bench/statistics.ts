/** The value below which `share` (0 to 1) of the samples lie. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Keeps `inFlight` calls going until `total` are done.
 * @param staggerMs how long after one worker the next begins
 */
export async function load(
  total: number,
  inFlight: number,
  call: (at: number) => Promise<unknown>,
  staggerMs = 0,
): Promise<Load> {
  const samples: number[] = [];
  let next = 0;
  const start = performance.now();
  const worker = async (_: unknown, index: number) => {
    if (staggerMs > 0) await Bun.sleep(index * staggerMs);
    while (next < total) {
      const at = next;
      next += 1;
      samples.push(await timed(() => call(at)));
    }
  };
  await Promise.all(Array.from({ length: inFlight }).map(worker));
  return summary(samples, performance.now() - start);
}

/** Calls one after the other, with 10 ms between them, for as long as something else takes. */
export async function loadUntil(end: Promise<unknown>, call: () => Promise<unknown>): Promise<Load> {
  const samples: number[] = [];
  const start = performance.now();
  let ended = false;
  const mark = () => {
    ended = true;
  };
  end.then(mark, mark);
  while (!ended) {
    samples.push(await timed(call));
    await Bun.sleep(10);
  }
  return summary(samples, performance.now() - start);
}

export async function timed(call: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await call();
  return performance.now() - begun;
}

const summary = (samples: readonly number[], ms: number): Load => ({
  perSecond: (samples.length / ms) * 1000,
  p50Ms: quantile(samples, 0.5),
  p99Ms: quantile(samples, 0.99),
});

/** The median of each figure over several runs. */
export function medianLoad(runs: readonly Load[]): Load {
  return {
    perSecond: median(runs.map(({ perSecond }) => perSecond)),
    p50Ms: median(runs.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(runs.map(({ p99Ms }) => p99Ms)),
  };
}
