import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errno } from '../../exec/errno.ts';

/** Records that are read at most; the buffer of a usual kernel holds fewer. */
const MAX_RECORDS = 50_000;
const RECORD_BYTES = 8 * 1024;
/** KERN_WARNING: what is logged below it is no complaint (include/linux/kern_levels.h). */
const WARNING = 4;
const LEVEL_BITS = 7;

/**
 * The kernel's own words on what went wrong with a connection: an errno says far less than the line that was logged with it.
 * For messages only, never for decisions.
 */
export class KernelLog {
  readonly #path: string;

  /** @param path normally `/dev/kmsg`, which a container may not be allowed to read */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The NVMe initiator's last complaint that contains the text; undefined if there is none, or the log cannot be read. What
   * it merely tells, such as "new ctrl", may come after the complaint: two threads of the kernel write it.
   */
  lastComplaintWith(text: string): string | undefined {
    try {
      return this.#read(
        ({ level, line }) => level <= WARNING && line.startsWith('nvme nvme') && line.includes(text),
      );
    } catch {
      return undefined;
    }
  }

  #read(matches: (message: Message) => boolean): string | undefined {
    const file = openKernelLog(this.#path);
    let found: string | undefined;
    try {
      for (const message of messagesIn(file)) if (matches(message)) found = message.line;
    } finally {
      closeSync(file);
    }
    return found;
  }
}

/** @throws what open(2) says, such as EPERM */
export const openKernelLog = (path: string): number =>
  openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);

/** What the log says from where the file stands to its end. */
export function* linesOf(file: number): Generator<string> {
  for (const { line } of messagesIn(file)) yield line;
}

interface Message {
  readonly level: number;
  readonly line: string;
}

/** One record a read, never blocking: the end says EAGAIN, a record that was overwritten meanwhile EPIPE. */
function* messagesIn(file: number): Generator<Message> {
  const buffer = Buffer.alloc(RECORD_BYTES);
  for (let count = 0; count < MAX_RECORDS; count++) {
    const bytes = readRecord(file, buffer);
    if (bytes === 0) return;
    yield* messagesOf(buffer.toString('utf8', 0, bytes));
  }
}

/** Its length; 0 at the end. */
function readRecord(file: number, buffer: Buffer): number {
  try {
    return readSync(file, buffer);
  } catch (error) {
    if (errno(error) === 'EPIPE') return readRecord(file, buffer);
    return 0;
  }
}

/**
 * `<facility and level>,<sequence>,<time>,<flags>;<message>`, with tags in lines that begin with a blank (dev-kmsg ABI).
 */
const messagesOf = (record: string): Message[] =>
  record
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(' '))
    .map((line) => ({
      level: Number.parseInt(line, 10) & LEVEL_BITS,
      line: line.slice(line.indexOf(';') + 1),
    }));
