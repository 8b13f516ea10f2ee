import { createHash } from 'node:crypto';

export interface Contender {
  readonly name: string;
  /** Of two with one weight each is first for half of the keys; with none it is last for all. */
  readonly weight: bigint;
}

/**
 * Orders contenders for a key, by weighted rendezvous hashing (Thaler and Ravishankar, 1998; the logarithm is Schindelhauer
 * and Schomaker's, 2005): the same key and weights always give the same order, and a contender that joins or leaves
 * moves no others past each other.
 */
export function rendezvous<T extends Contender>(key: string, contenders: readonly T[]): T[] {
  const ranked = contenders.map((contender) => ({ contender, distance: distance(key, contender) }));
  ranked.sort((a, b) => a.distance - b.distance || (a.contender.name < b.contender.name ? -1 : 1));
  return ranked.map(({ contender }) => contender);
}

/** The hash's bits that a double holds exactly. */
const BYTES = 6;

function distance(key: string, { name, weight }: Contender): number {
  if (weight <= 0n) return Number.MAX_VALUE;
  const digest = createHash('sha256').update(key).update('\0').update(name).digest();
  const uniform = (digest.readUIntBE(0, BYTES) + 0.5) / 2 ** (8 * BYTES);
  return -Math.log(uniform) / Number(weight);
}
