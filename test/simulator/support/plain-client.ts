import ssh2, { type ClientChannel, type ConnectConfig } from 'ssh2';

/** What a client saw of one exec. */
export interface Seen {
  readonly out: string;
  /** Absent where no exit status came. */
  readonly exit?: number;
}

/** An ssh2 client without any cleverness: tests see through it what any client would see. */
export class PlainClient {
  private readonly client = new ssh2.Client();
  /** Resolves once the connection is closed, by whomever. */
  readonly closed: Promise<void>;

  private constructor() {
    this.closed = new Promise((resolve) => this.client.once('close', () => resolve()));
    this.client.on('error', () => undefined);
  }

  /** @throws Error of ssh2 where there is no connection, or no login */
  static async connect(config: ConnectConfig): Promise<PlainClient> {
    const plain = new PlainClient();
    await new Promise<void>((resolve, reject) => {
      plain.client.once('ready', resolve);
      plain.client.once('error', reject);
      plain.client.once('close', () => reject(new Error('closed before it was ready')));
      plain.client.connect({
        host: '127.0.0.1',
        readyTimeout: 5000,
        algorithms: { kex: ['curve25519-sha256'] },
        ...config,
      });
    });
    return plain;
  }

  /** Runs a line to the end of its channel. */
  exec(text: string, options: { pty?: { cols: number } } = {}): Promise<Seen> {
    // One packet may bring the answer to the request and the exit status too: who listens later misses the status.
    return new Promise((resolve, reject) =>
      this.client.exec(text, options, (error, channel) => (error ? reject(error) : resolve(seenOf(channel)))),
    );
  }

  open(text: string, options: { pty?: { cols: number } } = {}): Promise<ClientChannel> {
    return new Promise((resolve, reject) =>
      this.client.exec(text, options, (error, channel) => (error ? reject(error) : resolve(channel))),
    );
  }

  shell(pty: { cols: number } | false = { cols: 100 }): Promise<ClientChannel> {
    return new Promise((resolve, reject) =>
      this.client.shell(pty, {}, (error, channel) => (error ? reject(error) : resolve(channel))),
    );
  }

  /** Ends the connection at once. (After `end()` ssh2's `destroy()` does nothing: a silent peer would be waited for.) */
  async close(): Promise<void> {
    this.client.destroy();
    await this.closed;
  }

  /** ssh2's own, for what else there is to try. */
  get raw(): ssh2.Client {
    return this.client;
  }
}

/** Collects a channel's output until it closes. */
export function seenOf(channel: ClientChannel): Promise<Seen> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let exit: number | undefined;
    channel.on('data', (bytes: Buffer) => parts.push(bytes));
    channel.on('exit', (code: number | null) => {
      exit = code ?? undefined;
    });
    channel.on('close', () => {
      const out = Buffer.concat(parts).toString('utf8');
      resolve(exit === undefined ? { out } : { out, exit });
    });
  });
}
