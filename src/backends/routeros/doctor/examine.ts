import type { Check, Finding, Result } from './check.ts';
import type { Patient } from './patient.ts';

/**
 * Runs checks in their order. One that fails does not end the others, unless they need it.
 * @param results those of earlier checks; each one is added as it comes
 * @throws the signal's reason
 */
export async function examine(
  checks: readonly Check[],
  patient: Patient,
  results: Result[],
  told: (result: Result) => void,
): Promise<void> {
  for (const check of checks) {
    patient.signal.throwIfAborted();
    const begin = patient.clock.monotonic();
    const finding = await find(check, patient, results);
    patient.signal.throwIfAborted();
    const { id, title, settles = [] } = check;
    const result = { id, title, settles, ms: Math.round(patient.clock.monotonic() - begin), ...finding };
    results.push(result);
    told(result);
  }
}

async function find(check: Check, patient: Patient, before: readonly Result[]): Promise<Finding> {
  const missing = check.needs.find((id) => {
    const needed = before.find((result) => result.id === id);
    return !needed || needed.status === 'failed' || needed.status === 'skipped';
  });
  if (missing !== undefined) return { status: 'skipped', seen: `needs ${missing}` };
  try {
    return await check.run(patient);
  } catch (error) {
    return { status: 'failed', seen: error instanceof Error ? error.message : String(error) };
  }
}
