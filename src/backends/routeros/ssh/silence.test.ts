import { afterEach, describe, expect, test } from 'bun:test';
import { Rig } from '../../../../test/support/ssh/rig.ts';
import { TcpProxy } from '../../../../test/support/ssh/tcp-proxy.ts';
import { TestSshServer } from '../../../../test/support/ssh/test-ssh-server.ts';
import { until } from '../../../../test/support/until.ts';

/** What is promised: a dead peer is noticed within 15 s. */
const NOTICED_MS = 15_000;

let rig: Rig;
let proxy: TcpProxy;

async function connectedThroughProxy(poolLimit = 8): Promise<void> {
  const server = await TestSshServer.start();
  proxy = await TcpProxy.start(() => server.port);
  rig = await Rig.connected({ server, settings: { port: proxy.port, poolLimit } });
}

afterEach(async () => {
  proxy.stop();
  await rig.stop();
});

describe('a peer that swallows everything', () => {
  test('is noticed within 15 s while nothing runs', async () => {
    await connectedThroughProxy();
    proxy.swallow();
    const waited = await rig.advanceUntil('away', () => rig.state === 'not connected');
    expect(waited).toBeLessThanOrEqual(NOTICED_MS);
    expect(rig.appliance.health().reason).toMatch(/^nothing was heard for 1[345] s$/);
    expect(rig.metrics.failures).toEqual(['silent']);
  });

  test('is noticed within 15 s while calls run and wait, and all of them are told at once', async () => {
    await connectedThroughProxy(1);
    const { sent } = await rig.hang('running');
    const waiting = rig.exec('waiting');
    proxy.swallow();
    const waited = await rig.advanceUntil('away', () => rig.state === 'not connected');
    expect(waited).toBeLessThanOrEqual(NOTICED_MS);
    await expect(sent.reply).rejects.toMatchObject({ kind: 'unavailable', uncertain: true });
    expect(await sent.ended).toBe('unknown');
    await expect(waiting.reply).rejects.toMatchObject({ kind: 'unavailable', uncertain: false });
    await expect(rig.exec('later').reply).rejects.toMatchObject({ kind: 'unavailable', uncertain: false });
  });

  test('is found again at the next attempt once packets pass', async () => {
    await connectedThroughProxy();
    proxy.swallow();
    await rig.advanceUntil('away', () => rig.state === 'not connected');
    proxy.heal();
    await rig.advanceUntil('connected', () => rig.state === 'connected');
    expect((await rig.exec('x').reply).text).toBe('ran x');
  });
});

describe('an appliance that is slow', () => {
  const keepsTalking = async (what: string) => {
    await rig.advanceUntil('a minute', () => rig.clock.monotonic() >= 60_000, 61_000);
    expect(`${what}: ${rig.metrics.states.join(' ')}`).toBe(`${what}: connecting connected`);
  };

  test('on one connection is not away while it answers on another', async () => {
    await connectedThroughProxy();
    const { sent, received } = await rig.hang('slow delete');
    rig.server.onExec = (exec) => exec.reply('');
    await keepsTalking('one slow command');
    received.reply('done');
    expect((await sent.reply).text).toBe('done');
  });

  test('on all its connections is not away while its port answers', async () => {
    await connectedThroughProxy(1);
    const { sent, received } = await rig.hang('slow delete');
    await keepsTalking('nothing but slow commands');
    expect(rig.server.authenticated).toBe(1);
    received.reply('done');
    expect((await sent.reply).text).toBe('done');
  });

  test('and refuses further connections meanwhile is not away', async () => {
    await connectedThroughProxy(1);
    const { sent, received } = await rig.hang('slow delete');
    rig.server.maxConnections = 1;
    await keepsTalking('max-sessions reached');
    received.reply('done');
    expect((await sent.reply).text).toBe('done');
  });

  test('that trickles its reply is not asked for any other sign', async () => {
    await connectedThroughProxy();
    const { sent, received } = await rig.hang('drip');
    for (let i = 0; i < 10; i++) {
      received.channel.write('.');
      const begin = rig.clock.monotonic();
      await rig.advanceUntil('a drop', () => rig.clock.monotonic() - begin >= 3000);
    }
    received.reply('');
    expect((await sent.reply).text).toBe('.'.repeat(10));
    expect(rig.server.execs).toHaveLength(1);
  });
});

describe('a single connection that has died quietly', () => {
  test('costs the call on it its deadline, and nobody else anything', async () => {
    await connectedThroughProxy();
    const { sent } = await rig.hang('on the dead one');
    proxy.swallow();
    proxy.heal();
    rig.server.onExec = (exec) => exec.reply('alive');
    const other = rig.exec('other');
    expect((await other.reply).text).toBe('alive');
    sent.controller.abort(new Error('deadline'));
    await expect(sent.reply).rejects.toThrow('deadline');
    await until('one connection', () => rig.metrics.open === 1);
  });
});
