const LOOK_MS = 100;

/**
 * Waits until a condition holds; a look that fails is no answer.
 * @returns how long it took, ms
 * @throws Error that names what was waited for, and what the last look saw
 */
export async function eventually(
  what: string,
  condition: () => Promise<unknown>,
  timeoutMs = 60_000,
): Promise<number> {
  const begun = performance.now();
  let seen: unknown;
  do {
    seen = await condition().catch((error: unknown) => `could not look: ${error}`);
    if (seen === true) return performance.now() - begun;
    await Bun.sleep(LOOK_MS);
  } while (performance.now() - begun < timeoutMs);
  throw new Error(
    `waited ${timeoutMs} ms in vain: ${what}; at last: ${JSON.stringify(seen)?.slice(0, 2000)}`,
  );
}
