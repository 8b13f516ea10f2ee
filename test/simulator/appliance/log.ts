import { ItemIds } from './ids.ts';

export interface LogEntry {
  readonly id: string;
  /** ms since 1970, by the appliance's clock. */
  readonly timeMs: number;
  /** "system,info" */
  readonly topics: string;
  readonly message: string;
}

/** How many RouterOS keeps in memory by default. */
const LINES = 1000;

/** `/log`, in memory: it is empty after a reboot. */
export class Log {
  private readonly ids = new ItemIds();
  private readonly lines: LogEntry[] = [];

  constructor(private readonly now: () => number) {}

  entries(): readonly LogEntry[] {
    return this.lines;
  }

  add(topics: string, message: string): void {
    this.lines.push({ id: this.ids.next(), timeMs: this.now(), topics, message });
    if (this.lines.length > LINES) this.lines.shift();
  }

  clear(): void {
    this.lines.length = 0;
  }
}
