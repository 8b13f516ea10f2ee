import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../../src/core/clock.ts';
import { DelayLine } from './delay-line.ts';

/** `up`: from the client to the server. */
export type Direction = 'up' | 'down';

export interface RelayOptions {
  readonly target: { readonly host: string; readonly port: number };
  /** The round trip, ms: each byte waits half of it, on its way there and back. */
  readonly roundTripMs: number;
  readonly clock: Clock;
  /** Told of every piece of bytes as it comes in, with the number of its connection, counted from 1. */
  readonly observe?: (connection: number, direction: Direction) => void;
}

/**
 * A network between a client and the simulator, on loopback: every byte takes half a round trip, in order, so the TCP
 * handshake, the SSH handshake, the opening of a channel and the exec each pay what they would pay over a real line.
 */
export class Relay {
  private readonly links = new Set<Link>();
  private hole = false;
  private made = 0;

  private constructor(
    private readonly server: Server,
    private readonly options: RelayOptions,
  ) {
    server.on('connection', (socket: Socket) => this.connect(socket));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: RelayOptions): Promise<Relay> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new Relay(server, options);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.links.size;
  }

  /** From now on every packet is dropped, silently, of old and new connections. `false`: new ones pass again. */
  blackHole(on = true): void {
    this.hole = on;
    if (on) for (const link of this.links) link.silence();
  }

  /** Every connection breaks now; new ones are taken. */
  cut(): void {
    for (const link of this.links) link.cut();
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.cut();
    await closed;
  }

  private connect(client: Socket): void {
    const link = new Link(++this.made, client, this.options, () => this.links.delete(link));
    this.links.add(link);
    if (this.hole) link.silence();
  }
}

/** One connection through the relay. */
class Link {
  private readonly upstream: Socket;
  private readonly ways: readonly DelayLine[];

  constructor(
    number: number,
    private readonly client: Socket,
    { target, roundTripMs, clock, observe }: RelayOptions,
    private readonly closed: () => void,
  ) {
    this.upstream = createConnection({ ...target, allowHalfOpen: true });
    const oneWay = roundTripMs / 2;
    if (observe) {
      client.on('data', () => observe(number, 'up'));
      this.upstream.on('data', () => observe(number, 'down'));
    }
    // The client believes that it is connected, but over a real line its SYN would be coming back only after a round
    // trip: what it sends, and the greeting that the server sends as soon as it is connected, wait for that too.
    this.ways = [
      new DelayLine(client, this.upstream, oneWay, clock, roundTripMs),
      new DelayLine(this.upstream, client, oneWay, clock, roundTripMs + oneWay),
    ];
    for (const socket of [client, this.upstream]) {
      socket.setNoDelay(true);
      // A reset is passed on as an end, and as late as any byte, by the close that follows.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (client.destroyed && this.upstream.destroyed) this.closed();
      });
    }
  }

  silence(): void {
    for (const way of this.ways) way.silence();
  }

  cut(): void {
    for (const way of this.ways) way.stop();
    this.client.destroy();
    this.upstream.destroy();
  }
}
