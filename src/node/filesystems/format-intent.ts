import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errno } from '../exec/errno.ts';
import { NodeError } from '../node-error.ts';

/** Whether a format may be repeated, whatever is on the device: only until it was seen to its end. */
export interface FormatNotes {
  /** @throws NodeError `unavailable` it cannot be known · `precondition` */
  has(nqn: string): Promise<boolean>;
  /** Kept when it resolves. @throws NodeError `unavailable` */
  record(nqn: string): Promise<void>;
  /** Gone for good when it resolves; absent is a success. @throws NodeError `unavailable` */
  clear(nqn: string): Promise<void>;
}

/**
 * For a device that nodes share in one epoch: what an interrupted format left can be another node's by now, so no
 * format is repeated over it.
 */
export const NEVER_REPEATED: FormatNotes = {
  has: async () => false,
  record: async () => undefined,
  clear: async () => undefined,
};

/**
 * Notes that a format has been begun and has not been seen to its end. Each is a file of its own, named by a hash of
 * the export's exact NQN, on disk before mkfs runs and gone from disk before the first mount. So while it is there,
 * nobody's data can be on a device that this node alone has in this epoch, and what lies there is what an interrupted mkfs left.
 * A note that is lost only makes the driver refuse; one that stays too long would cost data.
 */
export class FormatIntents implements FormatNotes {
  readonly #folder: string;

  /** @param folder on a disk of the node that outlives the driver's restarts; made when it is needed */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws NodeError `unavailable` it cannot be known · `precondition` the note is of something else */
  async has(nqn: string): Promise<boolean> {
    const path = this.#path(nqn);
    const text = await this.#attempt(`read ${path}`, () => readFile(path, 'utf8').catch(absent));
    if (text === undefined) return false;
    if (text === noteOf(nqn)) return true;
    throw new NodeError(
      'precondition',
      `${path} should be the note of a format of ${nqn}, but says something else; nothing is formatted while it ` +
        'is there: find out who wrote it, and remove it',
    );
  }

  /** On disk when it resolves. @throws NodeError `unavailable` */
  async record(nqn: string): Promise<void> {
    const path = this.#path(nqn);
    await this.#attempt(`write ${path}`, async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeSynced(`${path}.new`, noteOf(nqn));
      await rename(`${path}.new`, path);
      await this.#syncFolder();
    });
  }

  /** Gone from disk when it resolves; absent is a success. @throws NodeError `unavailable` */
  async clear(nqn: string): Promise<void> {
    const path = this.#path(nqn);
    await this.#attempt(`remove ${path}`, async () => {
      await unlink(path).catch(absent);
      await this.#syncFolder();
    });
  }

  #path(nqn: string): string {
    return join(this.#folder, `${createHash('sha256').update(nqn).digest('hex')}.format`);
  }

  async #syncFolder(): Promise<void> {
    const handle = await open(this.#folder, 'r').catch(absent);
    if (!handle) return;
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const code = errno(cause) ?? String(cause);
      throw new NodeError('unavailable', `cannot ${what}: ${code}; the state folder must be writable`, {
        cause,
      });
    }
  }
}

const noteOf = (nqn: string): string => `${JSON.stringify({ formatting: nqn })}\n`;

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function absent(error: unknown): undefined {
  if (errno(error) !== 'ENOENT') throw error;
}
