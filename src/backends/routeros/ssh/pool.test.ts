import { afterEach, describe, expect, test } from 'bun:test';
import { Rig } from '../../../../test/support/ssh/rig.ts';
import { TestSshServer } from '../../../../test/support/ssh/test-ssh-server.ts';
import { until } from '../../../../test/support/until.ts';

let rig: Rig;
afterEach(() => rig.stop());

const hangAll = (server: TestSshServer) => {
  server.onExec = () => undefined;
};

describe('the pool', () => {
  test('is one connection while one call comes after the other', async () => {
    rig = await Rig.connected();
    for (const line of ['a', 'b', 'c']) await rig.exec(line).reply;
    expect(rig.server.authenticated).toBe(1);
  });

  test('grows with the calls to its limit, one exec at a time on each connection', async () => {
    rig = await Rig.connected({ settings: { poolLimit: 3 } });
    hangAll(rig.server);
    const calls = ['a', 'b', 'c', 'd', 'e'].map((line) => rig.exec(line));
    await until('three run', () => rig.server.execs.length === 3);
    expect(new Set(rig.server.execs.map(({ connection }) => connection))).toEqual(new Set([1, 2, 3]));
    expect(rig.metrics.depth).toBe(2);
    expect(rig.metrics.open).toBe(3);
    rig.server.onExec = (exec) => exec.reply(exec.line);
    for (const exec of [...rig.server.execs]) exec.reply(exec.line);
    const replies = await Promise.all(calls.map(({ reply }) => reply));
    expect(replies.map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(rig.server.authenticated).toBe(3);
  });

  test('serves in the order of arrival', async () => {
    rig = await Rig.connected({ settings: { poolLimit: 1 } });
    const { received } = await rig.hang('first');
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    const calls = lines.map((line) => rig.exec(line));
    rig.server.onExec = (exec) => exec.reply(exec.line);
    received.reply('first');
    await Promise.all(calls.map(({ reply }) => reply));
    expect(rig.server.execs.map(({ line }) => line)).toEqual(['first', ...lines]);
  });

  test('shrinks to one connection after a time without work', async () => {
    rig = await Rig.connected();
    const calls = ['a', 'b', 'c', 'd'].map((line) => rig.exec(line));
    await Promise.all(calls.map(({ reply }) => reply));
    await until('further connections', () => rig.metrics.open > 1);
    await rig.advanceUntil('one connection', () => rig.metrics.open === 1, 130_000);
    await until('the server sees it', () => rig.server.open === 1);
    expect((await rig.exec('x').reply).text).toBe('ran x');
    expect(rig.metrics.states).toEqual(['connecting', 'connected']);
  });

  test('goes on with the connections it has if another one is refused, and asks again later', async () => {
    const server = await TestSshServer.start({ maxConnections: 2 });
    rig = await Rig.connected({ server });
    hangAll(server);
    const calls = ['a', 'b', 'c', 'd'].map((line) => rig.exec(line));
    await until('two run', () => server.execs.length === 2);
    await until(
      'refused',
      () => rig.logger.with('no further connection to the appliance for now').length > 0,
    );
    const attempts = rig.metrics.attempts;
    server.maxConnections = 4;
    await rig.advanceUntil('all four run', () => server.execs.length === 4);
    expect(rig.metrics.attempts).toBeGreaterThan(attempts);
    for (const exec of [...server.execs]) exec.reply(exec.line);
    await Promise.all(calls.map(({ reply }) => reply));
    expect(rig.metrics.states).toEqual(['connecting', 'connected']);
  });

  test('gives a call whose connection dies before the line is sent to another one', async () => {
    rig = await Rig.connected({ settings: { channelAhead: false } });
    const { received } = await rig.hang('holds the first');
    rig.server.stallChannels = true;
    const sent = rig.exec('moved');
    await until('the second asks for a channel', () => rig.server.channels === 2);
    expect(sent.lines).toBe(0);
    rig.server.stallChannels = false;
    rig.server.onExec = (exec) => exec.reply(exec.line);
    rig.server.cutNewest();
    expect((await sent.reply).text).toBe('moved');
    expect(sent.lines).toBe(1);
    received.reply('done');
  });

  test('counts connections that the appliance has not closed yet, and opens one nevertheless', async () => {
    rig = await Rig.connected({ settings: { poolLimit: 2 } });
    hangAll(rig.server);
    const calls = ['a', 'b'].map((line) => rig.exec(line));
    await until('both run', () => rig.server.execs.length === 2);
    rig.server.ignoreEnds();
    for (const { controller } of calls) controller.abort(new Error('deadline'));
    rig.server.onExec = (exec) => exec.reply(exec.line);
    const next = ['c', 'd', 'e'].map((line) => rig.exec(line));
    await Promise.all(next.map(({ reply }) => reply));
    expect(rig.server.authenticated).toBe(3);
  });

  test('does not try for ever where no session is granted', async () => {
    rig = await Rig.connected({ settings: { channelAhead: false } });
    rig.server.refuseChannels = true;
    const sent = rig.exec('x');
    await expect(sent.reply).rejects.toMatchObject({ kind: 'unavailable', uncertain: false });
    expect(sent.lines).toBe(0);
  });
});
