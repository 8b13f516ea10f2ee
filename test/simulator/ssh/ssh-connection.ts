import type { AuthContext, Connection, PseudoTtyInfo, ServerChannel, Session } from 'ssh2';
import type { Line } from '../faults/exec-faults.ts';
import type { Account } from './accounts.ts';
import type { SessionAssumptions } from './assumptions.ts';
import type { Authenticator } from './authenticator.ts';
import type { ExecRunner } from './exec-runner.ts';
import { leaveKeepalivesUnanswered } from './keepalive.ts';
import { parseLoginName } from './login-name.ts';
import type { Sink } from './reply.ts';
import { Shell, type ShellMenus } from './shell.ts';
import { Turns } from './turns.ts';
import type { Wire } from './wire.ts';

export interface ConnectionParts {
  readonly authenticator: Authenticator;
  readonly runner: ExecRunner;
  readonly menus: ShellMenus;
  readonly assumptions: SessionAssumptions;
  /** Time passes before a login is decided on. */
  readonly loginDelay: (user: string, signal: AbortSignal) => Promise<void>;
  /** Asked once a connection: whether its logins fail whatever they bring. */
  readonly failsLogin: (user: string) => boolean;
  /** Whether one more session may begin. */
  readonly admits: () => boolean;
  /** Somebody is in. @returns to be called when they leave */
  readonly entered: (user: string) => () => void;
}

interface Login {
  readonly account: Account;
  /** What the login name asked for. */
  readonly width?: number;
}

/** One SSH connection: its login, and the channels on it. */
export class SshConnection implements Line {
  private readonly ended = new AbortController();
  private readonly turns = new Turns();
  private login: Login | undefined;
  private barred: boolean | undefined;

  constructor(
    /** Number of the connection, from 1. */
    readonly id: number,
    private readonly wire: Wire,
    private readonly parts: ConnectionParts,
  ) {
    wire.once('close', () => this.end());
  }

  get loggedIn(): boolean {
    return this.login !== undefined;
  }

  /** Takes over once ssh2 has read the client's greeting. */
  serve(client: Connection): void {
    leaveKeepalivesUnanswered(client);
    client.on('authentication', (context) => void this.authenticate(context));
    client.on('session', (accept) => this.openSession(accept()));
    // Broken handshakes and resets end in the wire's close, which is what counts.
    client.on('error', () => this.wire.destroy());
  }

  cut(): void {
    this.end();
    this.wire.cut();
  }

  silence(): void {
    this.wire.silence();
  }

  /** At once, whatever is under way. */
  drop(): void {
    this.end();
    this.wire.destroy();
  }

  private end(): void {
    this.ended.abort(new Error('the session has ended'));
  }

  private async authenticate(context: AuthContext): Promise<void> {
    const { user, width } = parseLoginName(context.username);
    const attempt = this.parts.authenticator.attempt(context, user);
    try {
      // `none` is no attempt: the client asks which methods there are.
      if (context.method !== 'none') await this.parts.loginDelay(user, this.ended.signal);
    } catch {
      return;
    }
    if (attempt.outcome === 'refused') context.reject(attempt.methods);
    else if (attempt.outcome === 'offered') context.accept();
    else if (this.refuses(user)) context.reject(['publickey']);
    else {
      this.login = { account: attempt.account, ...(width === undefined ? {} : { width }) };
      this.wire.once('close', this.parts.entered(attempt.account.name));
      context.accept();
    }
  }

  /** A login that is right, and yet is not let in. */
  private refuses(user: string): boolean {
    this.barred ??= this.parts.failsLogin(user);
    return this.barred || !this.parts.admits();
  }

  private openSession(session: Session): void {
    let terminal: PseudoTtyInfo | undefined;
    session.on('pty', (accept, _reject, info) => {
      terminal = info;
      accept?.();
    });
    // Variables of the client's surroundings are taken and ignored, as a terminal's new size is.
    session.on('env', (accept: (() => void) | undefined) => accept?.());
    session.on('window-change', (accept: (() => void) | undefined) => accept?.());
    session.on('exec', (accept, _reject, { command }) => {
      const channel = accept();
      this.start(channel, (gone, login) => this.exec(channel, command, { gone, login, terminal }));
    });
    session.on('shell', (accept) => {
      const channel = accept();
      this.start(channel, (gone, login) => this.shell(channel, { gone, login, terminal }));
    });
  }

  private start(channel: ServerChannel, work: (gone: AbortSignal, login: Login) => Promise<void>): void {
    const { login } = this;
    if (!login) {
      this.drop();
      return;
    }
    const closed = new AbortController();
    channel.on('error', () => undefined);
    channel.once('close', () => closed.abort(new Error('the channel is closed')));
    const gone = AbortSignal.any([this.ended.signal, closed.signal]);
    const run = () => work(gone, login);
    // ASSUMED[parallel-channels]: a connection's channels take turns (see SshAssumptions).
    void (this.parts.assumptions.parallelChannels === 'parallel' ? run() : this.turns.take(run));
  }

  private async exec(channel: ServerChannel, text: string, run: ChannelRun): Promise<void> {
    const exit = await this.run(text, 'exec', sinkOf(channel), run);
    if (exit === undefined || run.gone.aborted) return;
    channel.exit(exit);
    channel.end();
  }

  private async shell(channel: ServerChannel, run: ChannelRun): Promise<void> {
    const shell = new Shell(channel, {
      user: run.login.account.name,
      menus: this.parts.menus,
      echo: run.terminal !== undefined,
      gone: run.gone,
      run: async (text, gone) => void (await this.run(text, 'shell', screenOf(channel), { ...run, gone })),
    });
    await shell.run();
    if (run.gone.aborted) return;
    channel.exit(0);
    channel.end();
  }

  private run(
    text: string,
    channel: 'exec' | 'shell',
    sink: Sink,
    run: ChannelRun,
  ): Promise<number | undefined> {
    const { account } = run.login;
    return this.parts.runner.run({
      ...{ text, channel, sink, session: this.id, user: account.name, policies: account.policies },
      width: this.width(channel, run),
      line: this,
      gone: run.gone,
    });
  }

  private width(channel: 'exec' | 'shell', { login, terminal }: ChannelRun): number {
    const { loginNameWidth, execOutputWidth } = this.parts.assumptions;
    const asked = channel === 'shell' || loginNameWidth === 'exec-too' ? login.width : undefined;
    return asked ?? (terminal?.cols || execOutputWidth);
  }
}

/** What a channel's work knows of its surroundings. */
interface ChannelRun {
  readonly login: Login;
  readonly terminal: PseudoTtyInfo | undefined;
  readonly gone: AbortSignal;
}

const sinkOf = (channel: ServerChannel): Sink => ({
  write: (text) =>
    new Promise((resolve) => {
      if (channel.writable) channel.write(text, () => resolve());
      else resolve();
    }),
});

/** A terminal in raw mode: a bare line feed would leave the cursor where it is. */
function screenOf(channel: ServerChannel): Sink {
  const { write } = sinkOf(channel);
  return { write: (text) => write(text.replace(/\r?\n/g, '\r\n')) };
}
