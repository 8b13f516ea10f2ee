import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { FaultRules } from '../faults/fault-rules.ts';
import type { Journal } from '../journal/journal.ts';
import type { Latency } from '../latency/latency.ts';
import type { Accounts } from './accounts.ts';
import type { SessionAssumptions } from './assumptions.ts';
import { Authenticator } from './authenticator.ts';
import type { ExecRunner } from './exec-runner.ts';
import { KeyPair } from './key-pair.ts';
import type { ShellMenus } from './shell.ts';
import { SshConnection } from './ssh-connection.ts';
import { Wire } from './wire.ts';

export interface SshServerOptions {
  /** The first of each type counts. */
  readonly hostKeys: readonly KeyPair[];
  readonly accounts: Accounts;
  /** `/ip/service max-sessions` of ssh, asked at each login. */
  readonly maxSessions: () => number;
  readonly runner: ExecRunner;
  readonly menus: ShellMenus;
  readonly faults: FaultRules;
  readonly latency: Latency;
  readonly journal: Journal;
  readonly assumptions: SessionAssumptions;
}

/** RouterOS 7 offers Diffie-Hellman groups too; under Bun a single exchange of those blocks for a second. */
const KEX = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
] as const;

/** ssh2 would end a session that leaves its pings unanswered; RouterOS sends none. The longest a timer can wait. */
const NEVER_MS = 2 ** 31 - 1;

/** The appliance's SSH service. It can be closed and opened again on the same port, as by a reboot. */
export class SshServer {
  private listener: NetServer | undefined;
  private readonly connections = new Set<SshConnection>();
  /** Connections that were taken and never served. */
  private readonly mute = new Set<Wire>();
  private readonly authenticator: Authenticator;
  private count = 0;
  private impostor: KeyPair | undefined;

  constructor(private readonly options: SshServerOptions) {
    this.authenticator = new Authenticator(options.accounts);
  }

  /** @returns the port */
  async listen(host: string, port: number): Promise<number> {
    const listener = createServer({ allowHalfOpen: true }, (socket) => this.take(socket));
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(port, host, resolve);
    });
    this.listener = listener;
    return (listener.address() as AddressInfo).port;
  }

  /** Sessions that are logged in. */
  get sessions(): number {
    return [...this.connections].filter(({ loggedIn }) => loggedIn).length;
  }

  /** Refuses new connections and drops all there are. Resolves once the port is closed. */
  async close(): Promise<void> {
    const { listener } = this;
    this.listener = undefined;
    const closed = new Promise<void>((resolve) => {
      if (listener) listener.close(() => resolve());
      else resolve();
    });
    this.dropAll();
    await closed;
  }

  /** Ends every connection at once; new ones are taken. */
  dropAll(): void {
    for (const connection of this.connections) connection.drop();
    for (const wire of this.mute) wire.destroy();
  }

  /** As if the network dropped every packet of every connection there is. */
  silenceAll(): void {
    for (const connection of this.connections) connection.silence();
  }

  private take(socket: Socket): void {
    const { faults, assumptions, maxSessions } = this.options;
    const wire = new Wire(socket);
    if (!this.listener || faults.forConnection('refuse-connection')) wire.reset();
    else if (assumptions.sessionLimit === 'closed-at-accept' && this.connections.size >= maxSessions())
      wire.cut();
    else if (faults.forConnection('silent-connection')) this.ignore(wire);
    else this.serve(wire, socket);
  }

  private ignore(wire: Wire): void {
    this.mute.add(wire);
    wire.once('close', () => this.mute.delete(wire));
    wire.silence();
  }

  private serve(wire: Wire, socket: Socket): void {
    const connection = new SshConnection(++this.count, wire, {
      ...this.options,
      authenticator: this.authenticator,
      loginDelay: (user, signal) => this.options.latency.ofLogin(user, signal),
      failsLogin: (user) => this.options.faults.forConnection('auth-failure', user),
      admits: () => this.admits(),
      entered: (user) => this.enter(user, socket.remoteAddress ?? ''),
    });
    this.connections.add(connection);
    wire.once('close', () => this.connections.delete(connection));
    // A server for each connection: so ssh2 tells which wire a client is on, and each may show a host key of its own.
    const server = new ssh2.Server(
      {
        hostKeys: this.keysToShow().map(({ pem }) => pem),
        algorithms: { kex: [...KEX] },
        ident: 'ROSSSH',
        keepaliveInterval: NEVER_MS,
      },
      (client) => connection.serve(client),
    );
    // ssh2 asks no more of a socket than of any duplex stream.
    server.injectSocket(wire as unknown as Socket);
  }

  private keysToShow(): readonly KeyPair[] {
    if (!this.options.faults.forConnection('changed-host-key')) return this.options.hostKeys;
    this.impostor ??= KeyPair.generate();
    return [this.impostor];
  }

  private admits(): boolean {
    const { assumptions, maxSessions } = this.options;
    return assumptions.sessionLimit !== 'login-refused' || this.sessions < maxSessions();
  }

  private enter(user: string, address: string): () => void {
    this.options.journal.login();
    return this.options.accounts.logIn(user, address);
  }
}
