/**
 * What was found before: something is taken away only when the same finding was made twice, far enough apart. A round in
 * which it is not found starts it anew; a round that could not look is no round.
 */
export class Sightings {
  private firstSeen = new Map<string, number>();

  constructor(private readonly apartMs: number) {}

  /**
   * @param keys all that was found in this round
   * @param now monotonic ms
   * @returns what was found before, at least `apartMs` ago, and in every round since
   */
  see(keys: Iterable<string>, now: number): Set<string> {
    const next = new Map<string, number>();
    const confirmed = new Set<string>();
    for (const key of keys) {
      const first = this.firstSeen.get(key) ?? now;
      next.set(key, first);
      if (now - first >= this.apartMs && this.firstSeen.has(key)) confirmed.add(key);
    }
    this.firstSeen = next;
    return confirmed;
  }

  /** When the first of what waits can be confirmed, monotonic ms; undefined: nothing waits. */
  dueAt(): number | undefined {
    const first = Math.min(...this.firstSeen.values());
    return Number.isFinite(first) ? first + this.apartMs : undefined;
  }

  get waiting(): number {
    return this.firstSeen.size;
  }

  /** Somebody else was in charge meanwhile. */
  forget(): void {
    this.firstSeen.clear();
  }
}
