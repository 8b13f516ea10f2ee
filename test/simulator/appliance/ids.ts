/** Internal ids of a menu's items: `*1`, `*2` … `*A`; never used twice, also not after a restart with saved state. */
export class ItemIds {
  constructor(private last = 0) {}

  next(): string {
    this.last += 1;
    return `*${this.last.toString(16).toUpperCase()}`;
  }

  /** For loading: those up to here were given out. */
  skipTo(used: number): void {
    this.last = Math.max(this.last, used);
  }

  /** For saving: the one given out last. */
  get used(): number {
    return this.last;
  }
}
