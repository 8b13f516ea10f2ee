import { StringDecoder } from 'node:string_decoder';
import type { ServerChannel } from 'ssh2';
import { ConsolePath } from './console-path.ts';
import { LineEditor } from './line-editor.ts';

/** What the prompt shows and knows of the appliance. */
export interface ShellMenus {
  /** `/system/identity`, asked for each prompt. */
  readonly identity: () => string;
  readonly isMenu: (path: string) => boolean;
}

export interface ShellOptions {
  readonly user: string;
  readonly menus: ShellMenus;
  /** Whether there is a terminal that shows no keys by itself. */
  readonly echo: boolean;
  /** Aborts when the client is gone. */
  readonly gone: AbortSignal;
  /** Runs a line and prints to the channel. The signal aborts when the client is gone or interrupts. */
  readonly run: (text: string, signal: AbortSignal) => Promise<void>;
}

/** The prompt, for people: one line at a time, no history, no completion, no pages. */
export class Shell {
  private readonly editor = new LineEditor();
  private readonly decoder = new StringDecoder('utf8');
  private readonly path: ConsolePath;
  /** Lines that were typed while another was running; undefined for the end. */
  private readonly typed: (string | undefined)[] = [];
  private wake: (() => void) | undefined;
  private running: AbortController | undefined;

  constructor(
    private readonly channel: ServerChannel,
    private readonly options: ShellOptions,
  ) {
    this.path = new ConsolePath(options.menus.isMenu);
    channel.on('data', (bytes: Buffer) => this.keys(this.decoder.write(bytes)));
    channel.on('end', () => this.enter(undefined));
    options.gone.addEventListener('abort', () => this.enter(undefined), { once: true });
  }

  /** Resolves when the user quits, or is gone. */
  async run(): Promise<void> {
    for (;;) {
      this.print(this.prompt());
      const line = await this.nextLine();
      if (line === undefined || this.options.gone.aborted) return;
      const asked = this.path.read(line);
      if (asked.kind === 'quit') return;
      if (asked.kind === 'run') await this.runLine(asked.text);
    }
  }

  private prompt(): string {
    const { user, menus } = this.options;
    const { path } = this.path;
    return `[${user}@${menus.identity()}] ${path === '' ? '' : `${path}`}> `;
  }

  private async runLine(text: string): Promise<void> {
    this.running = new AbortController();
    try {
      await this.options.run(text, AbortSignal.any([this.options.gone, this.running.signal]));
    } finally {
      this.running = undefined;
    }
  }

  private keys(text: string): void {
    for (const keyed of this.editor.feed(text)) {
      if (keyed.kind === 'echo' && this.options.echo) this.print(keyed.text);
      if (keyed.kind === 'line') this.enter(keyed.text);
      if (keyed.kind === 'end') this.enter(undefined);
      if (keyed.kind === 'interrupt') this.interrupt();
    }
  }

  private interrupt(): void {
    this.typed.length = 0;
    this.print('\r\n');
    if (this.running) this.running.abort(new Error('interrupted'));
    else this.print(this.prompt());
  }

  private enter(line: string | undefined): void {
    this.typed.push(line);
    this.wake?.();
  }

  private async nextLine(): Promise<string | undefined> {
    if (this.typed.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.wake = resolve;
      await promise;
      this.wake = undefined;
    }
    return this.typed.shift();
  }

  private print(text: string): void {
    if (this.channel.writable) this.channel.write(text);
  }
}
