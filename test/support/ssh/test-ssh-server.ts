import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import {
  type AuthContext,
  type Connection,
  type KexAlgorithm,
  Server,
  type ServerChannel,
  type Session,
} from 'ssh2';
import { type KeyPair, makeKeyPair } from './keys.ts';

/** An exec that the server has received and not answered yet. */
export class ReceivedExec {
  /** The channel or its connection is closed, by whichever side. */
  closed = false;

  constructor(
    readonly line: string,
    /** Counts the authenticated connections from 1. */
    readonly connection: number,
    readonly channel: ServerChannel,
    private readonly client: Connection,
  ) {
    channel.on('close', () => {
      this.closed = true;
    });
  }

  /** Ends it as RouterOS does: everything on stdout, exit status 0. */
  reply(text: string, exitCode = 0): void {
    this.channel.write(text);
    this.channel.exit(exitCode);
    this.channel.end();
  }

  /** Ends the whole connection in order. */
  hangUp(): void {
    this.client.end();
  }
}

export interface TestSshServerOptions {
  readonly hostKey?: KeyPair;
  /** A second one, of another type. */
  readonly otherHostKey?: KeyPair;
  readonly kex?: KexAlgorithm[];
  readonly user?: string;
  /** Whose key may log in. */
  readonly userKey?: KeyPair;
  readonly password?: string;
  /** Fixed, to come back at the same one. */
  readonly port?: number;
  /** Further connections are closed at once. */
  readonly maxConnections?: number;
}

/** A small SSH server on the loopback whose execs a test answers. */
export class TestSshServer {
  /** All that were received, in their order. */
  readonly execs: ReceivedExec[] = [];
  /** The methods of all attempts to log in. */
  readonly logins: string[] = [];
  /** How many TCP connections ever came. */
  accepted = 0;
  /** How many logins succeeded. */
  authenticated = 0;
  /** How many session channels were asked for. */
  channels = 0;
  maxConnections: number;
  refuseChannels = false;
  /** Logins are neither accepted nor refused. */
  stallLogins = false;
  /** Channels are neither granted nor refused. */
  stallChannels = false;
  /** Channels are granted, commands on them are not. */
  refuseExecs = false;
  onExec: (exec: ReceivedExec) => void = (exec) => exec.reply(`ran ${exec.line}`);
  /** A channel has been refused. */
  onRefusal: () => void = () => undefined;
  private readonly clients = new Set<Connection>();
  private readonly waiting = new Map<Session, Connection>();
  private readonly sockets = new Set<Socket>();
  private readonly ssh: Server;
  private listener: NetServer | undefined;
  private lastPort: number;

  private constructor(
    readonly hostKey: KeyPair,
    readonly userKey: KeyPair,
    private readonly options: TestSshServerOptions,
  ) {
    this.maxConnections = options.maxConnections ?? Number.POSITIVE_INFINITY;
    this.lastPort = options.port ?? 0;
    const hostKeys = [options.otherHostKey ?? hostKey, hostKey].map((key) => key.private);
    const algorithms = options.kex ? { kex: options.kex } : {};
    this.ssh = new Server({ hostKeys, algorithms }, (client) => this.serve(client));
  }

  static async start(options: TestSshServerOptions = {}): Promise<TestSshServer> {
    const { hostKey = makeKeyPair(), userKey = makeKeyPair() } = options;
    const server = new TestSshServer(hostKey, userKey, options);
    await server.listen();
    return server;
  }

  get port(): number {
    return this.lastPort;
  }

  /** How many connections there are now. */
  get open(): number {
    return this.sockets.size;
  }

  /** Again at the same port, after {@link stop}. */
  async listen(): Promise<void> {
    const listener = createServer((socket) => this.admit(socket));
    this.listener = listener;
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.lastPort, '127.0.0.1', resolve);
    });
    this.lastPort = (listener.address() as AddressInfo).port;
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Ends all connections in order. */
  hangUp(): void {
    for (const client of this.clients) client.end();
  }

  /** Closes the channels that wait for a command. */
  closeChannels(): void {
    for (const [session, client] of this.waiting) closeSession(session, client);
  }

  /** Ends the connection that came last. */
  cutNewest(): void {
    [...this.sockets].at(-1)?.destroy();
  }

  /** Does not notice when clients close their side, as one that is busy. */
  ignoreEnds(): void {
    for (const socket of this.sockets) socket.pause();
  }

  /** Closes the port; connections that stand go on. */
  refuseConnections(): void {
    this.listener?.close();
    this.listener = undefined;
  }

  /** Refuses connections from now on, and ends those that are there. */
  stop(): void {
    this.refuseConnections();
    this.cut();
  }

  private admit(socket: Socket): void {
    this.accepted++;
    if (this.sockets.size >= this.maxConnections) {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => this.sockets.delete(socket));
    this.ssh.injectSocket(socket);
  }

  private serve(client: Connection): void {
    let number = 0;
    client.on('error', () => undefined); // A client may leave as it likes.
    this.clients.add(client);
    client.on('close', () => {
      this.clients.delete(client);
      for (const exec of this.execs) if (exec.connection === number) exec.closed = true;
    });
    client.on('authentication', (context) => {
      this.logins.push(context.method);
      if (this.stallLogins) return;
      if (this.admits(context)) context.accept();
      else context.reject(['publickey', 'password']);
    });
    client.on('ready', () => {
      number = ++this.authenticated;
    });
    client.on('session', (accept, reject) => {
      this.channels++;
      if (this.stallChannels) return;
      if (this.refuseChannels) {
        reject();
        this.onRefusal();
        return;
      }
      this.converse(accept(), client, number);
    });
  }

  private converse(session: Session, client: Connection, number: number): void {
    this.waiting.set(session, client);
    session.on('exec', (accept, reject, info) => {
      this.waiting.delete(session);
      if (this.refuseExecs) {
        reject();
        return;
      }
      const exec = new ReceivedExec(info.command, number, accept(), client);
      this.execs.push(exec);
      this.onExec(exec);
    });
  }

  private admits(context: AuthContext): boolean {
    if (context.username !== (this.options.user ?? 'rose-csi')) return false;
    if (context.method === 'password') return context.password === this.options.password;
    if (context.method !== 'publickey') return false;
    const blob = Buffer.from(this.userKey.public.split(' ')[1] ?? '', 'base64');
    return context.key.data.equals(blob);
  }
}

/** ssh2's server can end a session only once it has a command; a real one may do it at any time. */
function closeSession(session: object, client: object): void {
  const { _chanInfo } = session as { _chanInfo: { outgoing: { id: number } } };
  const { _protocol } = client as { _protocol: { channelClose(id: number): void } };
  _protocol.channelClose(_chanInfo.outgoing.id);
}
