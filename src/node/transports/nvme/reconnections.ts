import { linesOf, openKernelLog } from './kernel-log.ts';

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
    const came = this.#newOnes()?.map((controller) => connected.get(controller));
    if (!came) return undefined;
    const before = this.#counts;
    const timesOf = (nqn: string) => (isFirst ? 0 : came.filter((other) => other === nqn).length);
    this.#counts = new Map(
      [...connected.values()].map((nqn) => [nqn, (before.get(nqn) ?? 0) + timesOf(nqn)]),
    );
    return this.#counts;
  }

  /** Controllers, each as often as it came back since the last look. */
  #newOnes(): string[] | undefined {
    try {
      this.#file ??= openKernelLog(this.#path);
    } catch {
      return undefined;
    }
    const found: string[] = [];
    for (const line of linesOf(this.#file)) {
      const controller = RECONNECTED.exec(line)?.[1];
      if (controller !== undefined) found.push(controller);
    }
    return found;
  }
}
