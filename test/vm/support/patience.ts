import { until as untilWithin } from '../../support/until.ts';

/**
 * How long anything may take, ms. Emulated machines that share CPUs with others are slow by factors, and nothing here is
 * about speed: only what never comes is a failure.
 */
export const PATIENCE_MS = 180_000;

/** Resolves once a condition holds. @throws Error that names it, past all patience */
export const until = (what: string, condition: () => boolean | Promise<boolean>): Promise<void> =>
  untilWithin(what, condition, PATIENCE_MS);

/** Calls again and again, as kubelet does. @throws what the last call failed with, past all patience */
export async function untilSucceeds(call: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await Bun.sleep(500);
    }
  }
}
