import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server on the loopback, and can hold back or swallow all that passes. */
export class TcpProxy {
  /** How many connections ever came. */
  accepted = 0;
  private swallowing = false;
  private held: { readonly ofClient: boolean; readonly pass: () => void }[] | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: () => number,
  ) {
    server.on('connection', (client: Socket) => this.join(client));
  }

  /** @param target the server's port, asked for each connection */
  static async start(target: () => number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, target);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on nothing passes in either direction; connections are still accepted, as a full backlog's would be. */
  swallow(): void {
    this.swallowing = true;
  }

  /** From now on bytes wait for {@link cross}. */
  hold(): void {
    this.held = [];
  }

  /** Bytes wait at the proxy. */
  get holding(): boolean {
    return this.held !== undefined && this.held.length > 0;
  }

  /**
   * What has come so far crosses the network, in both directions.
   * @returns whether the client has sent some of it: one more round trip that it waits for
   */
  cross(): boolean {
    const held = this.held ?? [];
    if (this.held) this.held = [];
    for (const { pass } of held) pass();
    return held.some(({ ofClient }) => ofClient);
  }

  /** New connections pass again. Those from before stay dead. */
  heal(): void {
    this.swallowing = false;
    for (const socket of this.sockets) socket.removeAllListeners('data');
  }

  /** Ends every connection there is; new ones pass. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  stop(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(client: Socket): void {
    this.accepted++;
    this.keep(client);
    if (this.swallowing) return;
    const server = connect(this.target(), '127.0.0.1');
    this.keep(server);
    this.pass(client, server, true);
    this.pass(server, client, false);
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }

  private pass(from: Socket, to: Socket, ofClient: boolean): void {
    from.on('data', (bytes) => {
      if (this.swallowing) return;
      if (this.held) this.held.push({ ofClient, pass: () => to.write(bytes) });
      else to.write(bytes);
    });
    from.on('close', () => {
      if (!this.swallowing) to.destroy();
    });
  }
}
