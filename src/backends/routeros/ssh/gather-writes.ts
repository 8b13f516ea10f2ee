import type { Writable } from 'node:stream';

/**
 * From now on what is written to a stream in one turn leaves as one. ssh2 writes the length, the text and the tag of a
 * packet one after the other (its `lib/protocol/crypto.js`, AES-GCM): without Nagle's delay these are three system calls,
 * three segments, and three wake-ups of the peer; and a command and the end of its input are two packets of one turn. What was
 * written before the stream is destroyed leaves, as it would have.
 *
 * For a socket that is connected: Bun 1.4.5 gives a socket its `write` when it connects, over that of a subclass.
 */
export function gatherWrites(stream: Writable): void {
  const write = stream.write.bind(stream);
  const destroy = stream.destroy.bind(stream);
  const release = () => stream.uncork();
  Object.assign(stream, {
    write: (...given: Parameters<Writable['write']>): boolean => {
      if (stream.writableCorked === 0) {
        stream.cork();
        process.nextTick(release);
      }
      return write(...given);
    },
    destroy: (error?: Error): Writable => {
      if (stream.writableCorked > 0) release();
      return destroy(error);
    },
  });
}
