/** Where the text goes: a channel of exec, or a terminal. */
export interface Sink {
  /** Resolves once the text has left, or never where the session is gone. */
  write(text: string): Promise<void>;
}

/** The output of one command on its way to the client: at once, or held back until it is decided what becomes of it. */
export class Reply {
  private held = '';
  private sent = 0;
  private last: Promise<void> = Promise.resolve();

  /** @param holds keeps everything until `flush` */
  constructor(
    private readonly sink: Sink,
    private readonly holds: boolean,
  ) {}

  /** Bytes that were given to the connection. */
  get bytes(): number {
    return this.sent;
  }

  print(text: string): void {
    if (this.holds) this.held += text;
    else this.send(text);
  }

  /** Sends what is held. */
  flush(): void {
    this.send(this.take());
  }

  /** Takes what is held, to change it or to lose it. */
  take(): string {
    const text = this.held;
    this.held = '';
    return text;
  }

  send(text: string): void {
    if (text === '') return;
    this.sent += Buffer.byteLength(text);
    this.last = this.sink.write(text);
  }

  /** Resolves once all that was sent has left. */
  async drained(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await Promise.race([this.last, promise]);
  }
}
