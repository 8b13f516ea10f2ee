/** Locks that are had at once or not at all; a key is anything that names what is locked. */
export class KeyedTryLock {
  private readonly held = new Set<string>();

  /** @returns false where somebody holds the key */
  acquire(key: string): boolean {
    if (this.held.has(key)) return false;
    this.held.add(key);
    return true;
  }

  release(key: string): void {
    this.held.delete(key);
  }
}
