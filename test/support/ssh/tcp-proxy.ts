import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server on the loopback, and can swallow everything without a word. */
export class TcpProxy {
  /** How many connections ever came. */
  accepted = 0;
  private swallowing = false;
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

  /** New connections pass again. Those from before stay dead. */
  heal(): void {
    this.swallowing = false;
    for (const socket of this.sockets) socket.removeAllListeners('data');
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
    this.pass(client, server);
    this.pass(server, client);
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }

  private pass(from: Socket, to: Socket): void {
    from.on('data', (bytes) => {
      if (!this.swallowing) to.write(bytes);
    });
    from.on('close', () => {
      if (!this.swallowing) to.destroy();
    });
  }
}
