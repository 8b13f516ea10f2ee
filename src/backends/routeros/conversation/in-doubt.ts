import { abortable } from '../../../core/abortable.ts';

/**
 * Slots whose last write has an unknown outcome. Whoever writes next waits until the session that wrote is known to
 * be over: else its script could still act between the next one's reading and writing.
 */
export class InDoubt {
  private readonly ends = new Map<string, Set<Promise<unknown>>>();

  /** @param ended resolves once the write can do nothing any more */
  add(slot: string, ended: Promise<unknown>): void {
    const ends = this.ends.get(slot) ?? new Set();
    this.ends.set(slot, ends.add(ended));
    const remove = () => {
      ends.delete(ended);
      if (ends.size === 0 && this.ends.get(slot) === ends) this.ends.delete(slot);
    };
    ended.then(remove, remove);
  }

  /** @throws the signal's reason */
  async settled(slot: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const [first] = this.ends.get(slot) ?? [];
      if (!first) return;
      await abortable(
        first.catch(() => undefined),
        signal,
      );
    }
  }
}
