import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { gatherWrites } from '../../../src/backends/routeros/ssh/gather-writes.ts';

/**
 * The cable between a TCP socket and the SSH server: passes bytes on, until it is told to drop them or is cut. ssh2 gets
 * this instead of the socket, so that faults of the network need nothing of ssh2.
 */
export class Wire extends Duplex {
  private silent = false;
  private deaf = false;

  constructor(private readonly socket: Socket) {
    super({ allowHalfOpen: true });
    gatherWrites(this);
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      if (this.silent || this.deaf) return;
      if (!this.push(bytes)) socket.pause();
    });
    // Half-open only for the sake of silence: a peer that hears nothing would not close in answer either.
    socket.on('end', () => {
      if (this.silent) return;
      this.push(null);
      this.end();
    });
    // A reset by the client is an end like any other here: what matters is the close that follows.
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
  }

  /** From now on nothing arrives and nothing leaves, and the connection stays open: the peer has lost power, or the
   *  network drops its packets. (The kernel still acknowledges segments, which a lost peer would not.) */
  silence(): void {
    this.silent = true;
    this.socket.resume();
  }

  /** Closes once what was written has left; nothing that comes meanwhile is heard. */
  cut(): void {
    if (this.silent) return;
    this.deaf = true;
    this.end(() => this.socket.destroy());
  }

  /** Refuses the client as late as a server can: the connection was made, and is reset. */
  reset(): void {
    this.deaf = true;
    this.socket.resetAndDestroy();
  }

  override _read(): void {
    this.socket.resume();
  }

  override _writev(
    chunks: readonly { chunk: Buffer | string; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    const bytes = chunks.map(({ chunk, encoding }) => Buffer.from(chunk as string, encoding));
    this._write(Buffer.concat(bytes), 'binary', done);
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.silent || !this.socket.writable) done();
    else this.socket.write(bytes, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.silent || !this.socket.writable) done();
    else this.socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.socket.destroy();
    done(error);
  }
}
