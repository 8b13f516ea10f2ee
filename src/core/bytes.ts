/** Sizes are `bigint` bytes everywhere; binary units, as RouterOS and Kubernetes (Ki, Mi, Gi) mean them. */
export const KiB = 1024n;
export const MiB = 1024n * KiB;
export const GiB = 1024n * MiB;
export const TiB = 1024n * GiB;

const UNITS = [
  ['TiB', TiB],
  ['GiB', GiB],
  ['MiB', MiB],
  ['KiB', KiB],
] as const;

/** The next multiple of `granularity` at or above `bytes`. */
export function roundUp(bytes: bigint, granularity: bigint): bigint {
  return ((bytes + granularity - 1n) / granularity) * granularity;
}

/** A size for people: exact, in the largest unit that divides it (`5 GiB`, `1000001 bytes`). */
export function formatBytes(bytes: bigint): string {
  const unit = UNITS.find(([, size]) => bytes >= size && bytes % size === 0n);
  return unit ? `${bytes / unit[1]} ${unit[0]}` : `${bytes} bytes`;
}

/**
 * Reads `10GiB`, `512 MiB`, a plain number of bytes, and whatever {@link formatBytes} wrote.
 * @returns undefined where the text is no size.
 */
export function parseBytes(text: string): bigint | undefined {
  const match = /^(\d{1,19})\s*(KiB|MiB|GiB|TiB|B|bytes)?$/.exec(text.trim());
  if (!match) return undefined;
  const factor = UNITS.find(([name]) => name === match[2])?.[1] ?? 1n;
  return BigInt(match[1] ?? '') * factor;
}
