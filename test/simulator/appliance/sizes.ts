const BINARY: Readonly<Record<string, bigint>> = {
  '': 1n,
  K: 1n << 10n,
  M: 1n << 20n,
  G: 1n << 30n,
  T: 1n << 40n,
};
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;
/** ASSUMED[text-print]: a number of a unit goes up to here; published output has 4096.0MiB, 1924.1KiB, 1024.0GiB, and 16.0GiB. */
const HIGHEST = 4096n;

/**
 * `file-size`: bytes, or a number with a binary suffix (K, M, G, T, also KiB …). Partitions and tmpfs, whose suffixes
 * are decimal, aren't played.
 * @returns undefined where the text is no size
 */
export function parseFileSize(text: string): bigint | undefined {
  const match = /^(\d{1,19})(?:([KMGT])(?:iB|B)?)?$/.exec(text.trim());
  return match ? BigInt(match[1] ?? '') * (BINARY[match[2] ?? ''] ?? 1n) : undefined;
}

/** 1099511627776 → `1 099 511 627 776` */
export function groupDigits(value: bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** 53687091200 → `50.0GiB`, with one decimal, rounded; 160 → `160`. */
export function roundedSize(bytes: bigint): string {
  if (bytes <= HIGHEST) return bytes.toString();
  let unit = 1n << 10n;
  let name: string = UNITS[0];
  for (const next of UNITS.slice(1)) {
    if (bytes <= HIGHEST * unit) break;
    unit <<= 10n;
    name = next;
  }
  const tenths = (bytes * 10n + unit / 2n) / unit;
  return `${tenths / 10n}.${tenths % 10n}${name}`;
}

/** Of a script's text as UTF-8; a byte that is part of no character stands as one lone surrogate there. */
export function byteLength(text: string): number {
  const strays = text.match(/[\udc80-\udcff]/gu)?.length ?? 0;
  return Buffer.byteLength(text) - 2 * strays;
}
