import type { Surroundings } from '../run.ts';
export async function doctor(_args: readonly string[], _s: Surroundings): Promise<number> {
  return 0;
}
