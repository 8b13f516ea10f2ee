import { createServer, type Server, type Socket } from 'node:net';

/** An NVMe/TCP portal that answers the first two steps of a connection as a test says. */
export class FakePortal {
  /** The PDUs that came, whole. */
  readonly received: Buffer[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #answers: readonly Uint8Array[];

  private constructor(server: Server, answers: readonly Uint8Array[]) {
    this.#server = server;
    this.#answers = answers;
  }

  /** @param answers one for each PDU, in its order; without any the portal stays silent */
  static async start(answers: readonly Uint8Array[]): Promise<FakePortal> {
    const server = createServer();
    const portal = new FakePortal(server, answers);
    server.on('connection', (socket) => portal.#serve(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return portal;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Ends all connections, and refuses new ones. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let pending = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 8 && pending.length >= pending.readUInt32LE(4)) {
        const length = pending.readUInt32LE(4);
        this.received.push(pending.subarray(0, length));
        pending = pending.subarray(length);
        const [answer, ...rest] = this.#answers;
        this.#answers = rest;
        if (answer) socket.write(answer);
      }
    });
  }
}

function pdu(type: number, length: number): DataView {
  const view = new DataView(new ArrayBuffer(length));
  view.setUint8(0, type);
  view.setUint8(2, length);
  view.setUint32(4, length, true);
  return view;
}

export const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer);

export const initialized = (): Uint8Array => bytesOf(pdu(0x01, 128));

/** A completion with that status; the phase bit is set and so is do-not-retry, as the kernel's target sets it. */
export function completed(status: number): Uint8Array {
  const view = pdu(0x05, 24);
  view.setUint16(22, (status << 1) | (status === 0 ? 1 : 0x8001), true);
  return bytesOf(view);
}

export function terminated(fatalErrorStatus: number): Uint8Array {
  const view = pdu(0x03, 24);
  view.setUint16(8, fatalErrorStatus, true);
  return bytesOf(view);
}
