import { closeSync, constants, openSync } from 'node:fs';
import { MAX_RECORDS, messagesOf, RECORD_BYTES, readRecord } from './kernel-log.ts';

/** nvme_tcp_reconnect_ctrl_work, in all kernels from 5.0 on. */
const RECONNECTED = /^nvme (nvme\d+): Successfully reconnected/;

/**
 * Counts how often connections were lost and came back. sysfs keeps no count, so it is the kernel's log that is read on
 * from look to look; what was logged before the first look does not count.
 */
export class Reconnections {
  readonly #path: string;
  #counts: ReadonlyMap<string, number> = new Map();
  #file: number | undefined;

  /** @param path normally `/dev/kmsg`, which a container may not be allowed to read */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * @param connected the NQN by controller, as it is now; what is not there any more is forgotten
   * @returns by NQN; undefined: the log cannot be read
   */
  counts(connected: ReadonlyMap<string, string>): ReadonlyMap<string, number> | undefined {
    const isFirst = this.#file === undefined;
    const lines = this.#newLines();
    if (!lines) return undefined;
    const came = (isFirst ? [] : lines).map((line) => connected.get(RECONNECTED.exec(line)?.[1] ?? ''));
    const before = this.#counts;
    const timesOf = (nqn: string) => came.filter((other) => other === nqn).length;
    this.#counts = new Map(
      [...connected.values()].map((nqn) => [nqn, (before.get(nqn) ?? 0) + timesOf(nqn)]),
    );
    return this.#counts;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #newLines(): string[] | undefined {
    try {
      this.#file ??= openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      return undefined;
    }
    const buffer = Buffer.alloc(RECORD_BYTES);
    const lines: string[] = [];
    for (let count = 0; count < MAX_RECORDS; count++) {
      const bytes = readRecord(this.#file, buffer);
      if (bytes === 0) break;
      lines.push(...messagesOf(buffer.toString('utf8', 0, bytes)));
    }
    return lines;
  }
}
