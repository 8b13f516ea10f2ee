import { afterEach, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { SystemClock } from '../../../src/core/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';
import { HostRig } from '../support/host-rig.ts';
import { Relay } from './relay.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that greets, and sends back what it gets. */
async function echoServer(): Promise<Server & { port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('hello ');
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => server.close());
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

async function relayTo(port: number, roundTripMs: number, clock: ManualClock | SystemClock): Promise<Relay> {
  const relay = await Relay.start({ target: { host: '127.0.0.1', port }, roundTripMs, clock });
  closers.push(() => relay.stop());
  return relay;
}

/** A client that keeps what it got. */
async function client(port: number) {
  const socket = createConnection({ host: '127.0.0.1', port });
  const got = { text: '', ended: false };
  socket.on('data', (bytes: Buffer) => {
    got.text += bytes.toString();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    got.ended = true;
  });
  closers.push(async () => socket.destroy());
  await once(socket, 'connect');
  return Object.assign(socket, { got }) as Socket & { got: typeof got };
}

describe('the relay', () => {
  test('holds the greeting for two round trips: one for the connection, one there and back', async () => {
    const clock = new ManualClock();
    const relay = await relayTo((await echoServer()).port, 200, clock);
    const socket = await client(relay.port);
    await until('the greeting is under way', () => clock.sleeping === 1);
    clock.advance(399);
    expect(socket.got.text).toBe('');
    clock.advance(1);
    await until('the greeting', () => socket.got.text === 'hello ');
  });

  test('delays each byte by half a round trip, both ways', async () => {
    const clock = new ManualClock();
    const relay = await relayTo((await echoServer()).port, 200, clock);
    const socket = await client(relay.port);
    await until('the greeting is under way', () => clock.sleeping === 1);
    clock.advance(400);
    await until('the greeting', () => socket.got.text === 'hello ');
    socket.write('ping');
    await until('the request is under way', () => clock.sleeping === 1);
    clock.advance(100);
    await until('the answer is under way', () => clock.sleeping === 1);
    clock.advance(99);
    expect(socket.got.text).toBe('hello ');
    clock.advance(1);
    await until('the answer', () => socket.got.text === 'hello ping');
  });

  test('keeps the order and every byte, whatever the pieces', async () => {
    const relay = await relayTo((await echoServer()).port, 1, new SystemClock());
    const pieces = fc.array(fc.base64String({ minLength: 1, maxLength: 2000 }), { maxLength: 30 });
    const property = fc.asyncProperty(pieces, async (parts) => {
      const socket = await client(relay.port);
      for (const part of parts) socket.write(part);
      const whole = `hello ${parts.join('')}`;
      await until('all came back', () => socket.got.text.length >= whole.length);
      expect(socket.got.text).toBe(whole);
      socket.destroy();
    });
    await fc.assert(property, { numRuns: 20 });
  });

  test('passes an end on, after the bytes before it', async () => {
    const relay = await relayTo((await echoServer()).port, 2, new SystemClock());
    const socket = await client(relay.port);
    socket.end('last');
    await until('the end', () => socket.got.ended);
    expect(socket.got.text).toBe('hello last');
    await until('nothing is left behind', () => relay.connections === 0);
  });

  test('loses everything in a black hole, and the connection stays open', async () => {
    const relay = await relayTo((await echoServer()).port, 0, new SystemClock());
    const [old, other] = [await client(relay.port), await client(relay.port)];
    await until('both are greeted', () => old.got.text + other.got.text === 'hello hello ');
    relay.blackHole();
    old.write('lost');
    const fresh = await client(relay.port);
    relay.blackHole(false);
    const later = await client(relay.port);
    await until('a new connection passes', () => later.got.text === 'hello ');
    expect([old.got, fresh.got]).toEqual([
      { text: 'hello ', ended: false },
      { text: '', ended: false },
    ]);
  });

  test('cuts what there is, and takes new connections', async () => {
    const relay = await relayTo((await echoServer()).port, 0, new SystemClock());
    const socket = await client(relay.port);
    await until('the greeting', () => socket.got.text === 'hello ');
    relay.cut();
    await until('the cut', () => socket.got.ended);
    await until('nothing is left behind', () => relay.connections === 0);
    const again = await client(relay.port);
    await until('the greeting', () => again.got.text === 'hello ');
  });

  test('makes handshake, channel and exec of a real session pay', async () => {
    const clock = new ManualClock();
    const rig = await HostRig.start({ clock });
    closers.push(() => rig.stop());
    const relay = await rig.host.relay({ roundTripMs: 200 });
    /** Lets the time pass that the network takes, and no more. */
    const paid = async (work: Promise<unknown>): Promise<number> => {
      const from = clock.monotonic();
      const done = { yes: false };
      void work.then(() => {
        done.yes = true;
      });
      while (!done.yes) {
        await until('something is under way, or done', () => clock.sleeping > 0 || done.yes);
        if (!done.yes) clock.advance(100);
      }
      return clock.monotonic() - from;
    };
    const login = rig.login({ port: relay.port });
    expect(await paid(login)).toBeGreaterThanOrEqual(1000);
    const client = await login;
    expect(await paid(client.exec('say:x'))).toBe(400);
  });
});
