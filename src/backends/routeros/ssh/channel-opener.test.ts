import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { Client } from 'ssh2';
import { TestSshServer } from '../../../../test/support/ssh/test-ssh-server.ts';
import { until } from '../../../../test/support/until.ts';
import { type ChannelEvents, heldOpener, plainOpener } from './channel-opener.ts';

let server: TestSshServer;
let client: Client;

beforeEach(async () => {
  server = await TestSshServer.start();
  client = new Client();
  client.on('error', () => undefined);
  const ready = new Promise<void>((resolve) => client.once('ready', () => resolve()));
  const { port, userKey } = server;
  client.connect({ host: '127.0.0.1', port, username: 'rose-csi', privateKey: userKey.private });
  await ready;
});

afterEach(() => {
  client.end();
  server.stop();
});

class Watcher implements ChannelEvents {
  start: ((line: string) => void) | undefined;
  error: Error | undefined;
  text = '';
  ended = false;

  opened(start: (line: string) => void): void {
    this.start = start;
  }

  started(channel: Parameters<ChannelEvents['started']>[0]): void {
    channel.on('data', (chunk: Buffer) => {
      this.text += chunk;
    });
    channel.on('close', () => {
      this.ended = true;
    });
  }

  failed(error: Error): void {
    this.error = error;
  }
}

describe('ssh2', () => {
  test('is still built as the held opener needs it: if this fails, calls pay a second round trip', () => {
    expect(heldOpener(client)).toBeDefined();
  });

  test('without that method leaves the plain opener', () => {
    expect(heldOpener(new Client())).toBeUndefined();
  });
});

describe('a held channel', () => {
  test('is open before its line is known, and runs that line alone', async () => {
    const open = heldOpener(client);
    const watcher = new Watcher();
    open?.(watcher);
    await until('it is open', () => watcher.start !== undefined);
    expect(server.channels).toBe(1);
    expect(server.execs).toEqual([]);
    watcher.start?.('the line ✓');
    await until('it has ended', () => watcher.ended);
    expect(watcher.text).toBe('ran the line ✓');
    expect(server.execs.map(({ line }) => line)).toEqual(['the line ✓']);
  });

  test('is not mixed up with another one', async () => {
    const open = heldOpener(client);
    const watchers = [new Watcher(), new Watcher()];
    for (const watcher of watchers) open?.(watcher);
    await until('both are open', () => watchers.every(({ start }) => start !== undefined));
    watchers[1]?.start?.('second');
    watchers[0]?.start?.('first');
    await until('both have ended', () => watchers.every(({ ended }) => ended));
    expect(watchers.map(({ text }) => text)).toEqual(['ran first', 'ran second']);
  });

  test('that is refused fails, and so does one on a connection that has ended', async () => {
    const open = heldOpener(client);
    server.refuseChannels = true;
    const refused = new Watcher();
    open?.(refused);
    await until('refused', () => refused.error !== undefined);
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    server.cut();
    await closed;
    const late = new Watcher();
    open?.(late);
    expect(late.error?.message).toBe('Not connected');
  });
});

describe('the plain opener', () => {
  test('opens when there is a line', async () => {
    const watcher = new Watcher();
    plainOpener(client)(watcher);
    expect(watcher.start).toBeDefined();
    expect(server.channels).toBe(0);
    watcher.start?.('line');
    await until('it has ended', () => watcher.ended);
    expect(watcher.text).toBe('ran line');
  });
});
