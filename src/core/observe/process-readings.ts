import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';

/** What a process can truthfully say of itself on Bun. */
export interface ProcessReadings {
  residentBytes(): number;
  cpuSeconds(): number;
  /** Seconds since 1970-01-01 UTC. */
  startedAtSeconds(): number;
  openFds(): Promise<number>;
}

/** Reads this process. @param procRoot usually `/proc` */
export class OwnProcess implements ProcessReadings {
  constructor(
    private readonly clock: Clock,
    private readonly procRoot: string,
  ) {}

  residentBytes(): number {
    return process.memoryUsage.rss();
  }

  cpuSeconds(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }

  startedAtSeconds(): number {
    return this.clock.now() / 1000 - process.uptime();
  }

  /** proc(5): one entry a descriptor, one of them the descriptor that reads the folder. */
  async openFds(): Promise<number> {
    const entries = await readdir(join(this.procRoot, 'self', 'fd'));
    return entries.length;
  }
}
