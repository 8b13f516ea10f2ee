/** Someone who waits. */
export interface Waiting {
  readonly signal: AbortSignal;
  /** Its signal has aborted; it is in the queue no longer. */
  abandoned(): void;
}

/** Waiting in the order of arrival, as long as their signals allow. */
export class WaitQueue<T extends Waiting> {
  private entries: { readonly item: T; readonly leave: () => void }[] = [];

  /** @param changed told the new length, whenever it changes */
  constructor(private readonly changed: (length: number) => void) {}

  get length(): number {
    return this.entries.length;
  }

  push(item: T): void {
    this.entries.push(this.entry(item));
    this.changed(this.entries.length);
  }

  /** For one that had its turn in vain. */
  pushFront(item: T): void {
    this.entries.unshift(this.entry(item));
    this.changed(this.entries.length);
  }

  shift(): T | undefined {
    const entry = this.entries.shift();
    if (entry === undefined) return undefined;
    entry.leave();
    this.changed(this.entries.length);
    return entry.item;
  }

  private entry(item: T) {
    const abandon = () => {
      this.entries = this.entries.filter((other) => other !== entry);
      this.changed(this.entries.length);
      item.abandoned();
    };
    const entry = { item, leave: () => item.signal.removeEventListener('abort', abandon) };
    item.signal.addEventListener('abort', abandon, { once: true });
    return entry;
  }
}
