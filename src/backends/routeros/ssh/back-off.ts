const FIRST_MS = 1_000;
const LONGEST_MS = 16_000;
const SPREAD = 0.1;

/**
 * How long to wait after so many failures in a row: 1, 2, 4, 8, 16 s, then 16 s for ever, each ±10 % so that the
 * drivers of many clusters do not come back in step. Not from a library: cockatiel's policies keep their own timers
 * and `Math.random`, and here both are arguments.
 * @param failures how many there were before this wait, from 1
 * @param random uniform in [0, 1)
 */
export function backOffMs(failures: number, random: () => number): number {
  const exact = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return exact * (1 - SPREAD + 2 * SPREAD * random());
}
