import { afterEach, describe, expect, test } from 'bun:test';
import { Rig } from '../../../../test/support/ssh/rig.ts';
import { until } from '../../../../test/support/until.ts';
import { ReplyLostError } from './appliance.ts';

let rig: Rig;
afterEach(() => rig.stop());

describe('a line that was sent', () => {
  test('is uncertain if the connection breaks before its reply, and what had come is kept', async () => {
    rig = await Rig.connected();
    const { sent, received } = await rig.hang('write');
    received.channel.write('half a li');
    await until('half', () => rig.server.open === 1);
    await Bun.sleep(1);
    rig.server.cut();
    const error = await sent.reply.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ReplyLostError);
    expect(error).toMatchObject({ kind: 'unavailable', uncertain: true });
    expect(await sent.ended).toBe('closed');
    expect(rig.metrics.executions).toMatchObject([{ outcome: 'lost' }]);
  });

  test('is uncertain if the appliance ends the connection in order, without a reply', async () => {
    rig = await Rig.connected();
    const { sent, received } = await rig.hang('write');
    received.hangUp();
    await expect(sent.reply).rejects.toMatchObject({ uncertain: true });
    expect(await sent.ended).toBe('closed');
  });

  test('is known if the connection breaks right after its whole reply', async () => {
    rig = await Rig.connected();
    rig.server.onExec = (exec) => {
      exec.reply('whole');
      exec.hangUp();
    };
    expect(await rig.exec('write').reply).toEqual({ text: 'whole', exitCode: 0 });
  });

  test('is uncertain if the appliance refuses the command itself', async () => {
    rig = await Rig.connected();
    rig.server.refuseExecs = true;
    const sent = rig.exec('write');
    await expect(sent.reply).rejects.toMatchObject({ kind: 'unavailable', uncertain: true });
    expect(await sent.ended).toBe('closed');
  });

  test('tells that it ended once its reply has come', async () => {
    rig = await Rig.connected();
    const sent = rig.exec('write');
    await sent.reply;
    expect(await sent.ended).toBe('replied');
  });

  test('with an endless reply is given up as a protocol error', async () => {
    rig = await Rig.connected();
    rig.server.onExec = (exec) => {
      const flood = Buffer.alloc(4 * 1024 * 1024, 'x');
      const pour = () => {
        while (!exec.closed && exec.channel.write(flood));
        if (!exec.closed) exec.channel.once('drain', pour);
      };
      pour();
    };
    const sent = rig.exec('list');
    await expect(sent.reply).rejects.toMatchObject({ kind: 'protocol', uncertain: true });
    expect(await sent.ended).toBe('closed');
  });
});

describe('calls that wait when the last connection is lost', () => {
  test('fail at once and for certain: they were not sent', async () => {
    rig = await Rig.connected({ settings: { poolLimit: 1 } });
    const { sent } = await rig.hang('write');
    const waiting = [rig.exec('second'), rig.exec('third')];
    rig.server.stop();
    await expect(sent.reply).rejects.toMatchObject({ uncertain: true });
    for (const { reply } of waiting) {
      await expect(reply).rejects.toMatchObject({ kind: 'unavailable', uncertain: false });
    }
    expect(waiting.map(({ lines, ended }) => [lines, ended])).toEqual([
      [0, undefined],
      [0, undefined],
    ]);
    expect(rig.metrics.depth).toBe(0);
  });
});

describe('a call that is aborted while its line runs', () => {
  test('fails at once with the reason, and its end is known when the appliance has closed the session', async () => {
    rig = await Rig.connected();
    const { sent, received } = await rig.hang('slow');
    sent.controller.abort(new Error('deadline'));
    await expect(sent.reply).rejects.toThrow('deadline');
    expect(await sent.ended).toBe('closed');
    await until('the session is over there', () => received.closed);
    expect(rig.metrics.executions).toMatchObject([{ outcome: 'aborted' }]);
  });

  test('has an unknown end if the appliance does not close its side in time', async () => {
    rig = await Rig.connected();
    const { sent } = await rig.hang('slow');
    rig.server.ignoreEnds();
    let ended: unknown;
    sent.ended?.then((end) => {
      ended = end;
    });
    sent.controller.abort(new Error('deadline'));
    await expect(sent.reply).rejects.toThrow('deadline');
    const waited = await rig.advanceUntil('its end', () => ended !== undefined);
    expect(ended).toBe('unknown');
    expect(waited).toBeGreaterThanOrEqual(30_000);
  });

  test('does not take the appliance away: another connection is opened at once, without a back-off', async () => {
    rig = await Rig.connected();
    const { sent } = await rig.hang('slow');
    sent.controller.abort(new Error('deadline'));
    await sent.reply.catch(() => undefined);
    rig.server.onExec = (exec) => exec.reply('fine');
    expect((await rig.exec('next').reply).text).toBe('fine');
    expect(rig.metrics.states).toEqual(['connecting', 'connected']);
  });

  test('takes it away if that other connection fails', async () => {
    rig = await Rig.connected();
    const { sent } = await rig.hang('slow');
    rig.server.refuseConnections();
    const waiting = rig.exec('next');
    sent.controller.abort(new Error('deadline'));
    await expect(waiting.reply).rejects.toMatchObject({ kind: 'unavailable', uncertain: false });
    expect(rig.state).toBe('not connected');
  });
});

describe('a call that is aborted before its line is sent', () => {
  test('leaves its connection as it was', async () => {
    rig = await Rig.connected({ settings: { channelAhead: false } });
    const sent = rig.exec('never');
    sent.controller.abort(new Error('cancelled'));
    await expect(sent.reply).rejects.toThrow('cancelled');
    expect(sent.ended).toBeUndefined();
    expect((await rig.exec('next').reply).text).toBe('ran next');
    expect(rig.server.execs.map(({ line }) => line)).toEqual(['next']);
    expect(rig.server.authenticated).toBe(1);
    expect(rig.server.channels).toBe(1);
  });

  test('leaves the queue', async () => {
    rig = await Rig.connected({ settings: { poolLimit: 1 } });
    const { received } = await rig.hang('slow');
    const [first, second] = [rig.exec('first'), rig.exec('second')];
    first.controller.abort(new Error('cancelled'));
    await expect(first.reply).rejects.toThrow('cancelled');
    rig.server.onExec = (exec) => exec.reply(exec.line);
    received.reply('done');
    expect((await second.reply).text).toBe('second');
    expect(rig.server.execs.map(({ line }) => line)).toEqual(['slow', 'second']);
  });
});
